"""What is said of stages that other versions of a plugin made, and of those that a forced run leaves as they are."""

from collections.abc import Sequence

from xh.cli.output import counted, warn
from xh.plan import Plan
from xh.plan.anew import Outdated
from xh.store import Store
from xh.store.remove import children

REMAKE = "Results of another version are kept; --force TASK makes them again."


def made_by(found: Outdated) -> tuple[str, str, str]:
    """Who made stages and what is installed, and which stages these are."""
    return f"made by {found.dist} {found.made_by},", f"installed {found.installed}", which(found.stages)


def which(stages: Sequence[str]) -> str:
    """The only stage, or how many there are."""
    return stages[0] if len(stages) == 1 else counted(len(stages))


def warn_left_behind(plan: Plan, store: Store) -> None:
    """Warn of stages that start from forced ones, and that are no part of the plan."""
    if left := [each for each in children(store, plan.locations.anew) if each not in plan.stages]:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        warn(f"not part of this run, so kept as they are: {', '.join(left[:3])}{more} (xh store rm removes stages)")
