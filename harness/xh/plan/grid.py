"""What a plan takes by axis: of each value its cells, stages, time and room."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from xh.plan.chains import Chains, cells
from xh.plan.disk import disk
from xh.plan.estimate import Forecast, gpu_hours
from xh.plan.graph import Plan
from xh.plan.request import Keep
from xh.spec import Stage


class Share(Struct, frozen=True, kw_only=True):
    """What belongs to one ``value`` of an ``axis``; what several values share counts for each of them.

    ``cached``: of the stages those in the store; ``seconds``: of those to run, as earlier stages took or else as the
    profile's speed says; ``disk``: the most bytes while they run. These are None where nothing is known.
    """

    axis: str
    value: Any
    cells: int
    stages: int
    cached: int
    seconds: float | None
    disk: int | None


def shares(
    plan: Plan, axes: Chains, stages: Sequence[Forecast], needed: Sequence[Stage], keep: Keep, speed: float | None
) -> Iterator[Share]:
    """A share for each value of each axis, in the order of the request; ``speed``: trained tokens per second."""
    forecasts = {each.stage: each for each in stages}
    members = cells(plan)
    for (axis, value), chain in axes.items():
        of_value = [forecasts[stage] for stage in chain]
        to_make = [stage for stage in needed if stage.id in chain]
        yield Share(
            axis=axis,
            value=value,
            cells=len(members[axis, value]),
            stages=len(chain),
            cached=sum(each.state == "cached" for each in of_value),
            seconds=_seconds(of_value, speed),
            disk=disk(chain, to_make, keep, plan.locations).peak,
        )


def _seconds(stages: Sequence[Forecast], speed: float | None) -> float | None:
    to_run = [each for each in stages if each.to_run]
    known = [each.seconds for each in to_run if each.seconds is not None]
    if known or not to_run:
        return sum(known)
    return 3600 * gpu_hours(to_run, speed) if speed else None
