"""``xh check-plugin``: the conformance checks of one distribution."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from xh.cli import complete
from xh.cli.output import columns, echo_json, heading, indented
from xh.plugins import registry
from xh.spec import MissingError, UnavailableError, UsageError
from xh.spec.errors import did_you_mean

if TYPE_CHECKING:
    from xh.testing.plugin import Outcome

MARKS = {"ok": "green", "failed": "red", "skipped": "blue", "unchecked": "yellow"}


@click.command("check-plugin")
@click.argument("dist", metavar="DIST", shell_complete=complete.dists)
@click.option("--data", default="hub", show_default=True, metavar="WHERE", help="hub, sample, or a folder.")
@click.option("--shared", multiple=True, metavar="TASK=ROWS", help="Rows that two splits of a task may have in common.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(dist: str, data: str, shared: tuple[str, ...], as_json: bool) -> None:
    """Check an installed distribution: what it imports, where its records lead, its tasks with their data."""
    _known(dist)
    rows = _counts(shared)
    from xh.testing.plugin import cases

    found = [case.outcome() for case in cases(dist, data, rows)]
    if as_json:
        echo_json(found)
    else:
        _print(found)
    _verdict(dist, found)


def _known(dist: str) -> None:
    """Raise unless the distribution is installed, and whole."""
    found = registry()
    plugins = [plugin for plugin in found.plugins.found if plugin.dist == dist]
    if not plugins:
        why = did_you_mean(dist, sorted({plugin.dist for plugin in found.plugins.found}))
        todo = "Install it (pip install ./xh-…); xh plugins lists what is installed."
        raise UnavailableError(f"No plugin comes from a distribution {dist!r}.", why=why, todo=todo)
    if broken := [plugin for plugin in plugins if plugin.problem]:
        raise UnavailableError(f"{dist} can't be loaded.", why="\n".join(f"{p.entry}: {p.problem}" for p in broken))


def _counts(words: Iterable[str]) -> dict[str, int]:
    pairs = [word.partition("=") for word in words]
    if wrong := [task for task, _, count in pairs if not count.isdecimal()]:
        raise UsageError(
            f"--shared {wrong[0]!r} is not TASK=ROWS.", todo="Use --shared TASK=ROWS, e.g. --shared sick=3."
        )
    return {task: int(count) for task, _, count in pairs}


def _print(outcomes: "Sequence[Outcome]") -> None:
    for sort, name in dict.fromkeys((outcome.sort, outcome.name) for outcome in outcomes):
        mine = [outcome for outcome in outcomes if (outcome.sort, outcome.name) == (sort, name)]
        click.echo(heading(f"{sort} {name}"))
        click.echo(indented(columns((_mark(each.state), each.check, each.why) for each in mine)))
        for outcome in mine:
            for problem in outcome.problems:
                click.echo(f"\n  {outcome.check}: {problem}")
    counts = Counter[str](outcome.state for outcome in outcomes)
    click.echo("\n" + ", ".join(f"{counts[state]} {state}" for state in MARKS if counts[state]))


def _mark(state: str) -> str:
    return click.style(state.ljust(9), fg=MARKS[state])


def _verdict(dist: str, outcomes: "Sequence[Outcome]") -> None:
    """Raise if something was found, or could not be looked at."""
    failed = [each for each in outcomes if each.state == "failed"]
    if failed:
        count = sum(len(each.problems) for each in failed)
        problems = "1 problem" if count == 1 else f"{count} problems"
        raise UnavailableError(f"{dist} does not conform: {problems} in {_names(failed)}.")
    if unchecked := [each for each in outcomes if each.state == "unchecked"]:
        raise MissingError(
            f"Not all of {dist} could be checked: see {_names(unchecked)}.",
            todo="If data are missing, add --data DIR, or run the check with a network.",
        )


def _names(outcomes: "Sequence[Outcome]") -> str:
    return ", ".join(dict.fromkeys(each.name for each in outcomes))
