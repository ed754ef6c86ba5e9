"""What a run would do, and what it would take."""

from collections.abc import Sequence

from msgspec import Struct

from xh.engine.jobs import environments, room
from xh.engine.scheduler import makespan
from xh.plan import Plan, Request, build
from xh.plan.anew import Outdated, outdated
from xh.plan.chains import chains
from xh.plan.disk import Disk, disk
from xh.plan.estimate import Forecast, forecast, gpu_hours, pending
from xh.plan.grid import Share, shares
from xh.plan.pace import Pace
from xh.plan.remedies import Lack, lacking
from xh.plan.settings import profile
from xh.plugins import Registry
from xh.spec import Stage
from xh.spec.reference import resolve
from xh.store import Store

SHOWN = "xh.cli.plan"
"""What makes texts of it; it stands above this room."""


class SideBySide(Struct, frozen=True):
    """How many ``workers`` a run has, and the ``seconds`` that all takes with them, as far as they are known."""

    workers: int
    seconds: float


class Preview(Struct, frozen=True):
    """A plan with what it takes: its stages with what becomes of each, and the same by axis; room, hours, pace.

    ``request``: the first of those that it is of. ``hours``: of one GPU, where the profile says how fast it is.
    ``side_by_side``: what ``--jobs`` makes of it. ``older``: stages that other versions made.
    ``lacking``: those that this machine has too little memory for.
    """

    request: Request
    plan: Plan
    stages: list[Forecast]
    axes: list[Share]
    room: Disk
    hours: float | None
    pace: Pace
    side_by_side: SideBySide
    older: list[Outdated]
    lacking: list[Lack]

    def __str__(self) -> str:
        """What ``xh plan`` shows."""
        return str(resolve(f"{SHOWN}:text")(self))

    def _repr_html_(self) -> str:
        """The same for notebooks, the stages as a table."""
        return str(resolve(f"{SHOWN}:html")(self))


def previewed(requests: Sequence[Request], registry: Registry) -> Preview:
    """What a run of some requests that make one plan would do; nothing is run or written."""
    request, store = requests[0], Store(requests[0].runs)
    if store.stages.is_dir():
        store.check_version()
    registry.engines.get(request.engine)
    speed = profile(request.profile_name).tokens_per_second
    plan = build(requests, registry, store.evaluations())
    needed, cached = pending(plan, store)
    pace, axes = Pace(store), chains(plan)
    where, free = room(plan.locations)
    stages = forecast(plan, axes, needed, cached, pace, where)
    return Preview(
        request=request,
        plan=plan,
        stages=stages,
        axes=list(shares(plan, axes, stages, needed, request.keep, speed)),
        room=disk(plan.stages, needed, request.keep, plan.locations),
        hours=gpu_hours(stages, speed) if speed else None,
        pace=pace,
        side_by_side=_side_by_side(needed, plan, stages),
        older=outdated(plan.stages, cached, store, registry),
        lacking=lacking(plan, stages, where, free),
    )


def _side_by_side(needed: Sequence[Stage], plan: Plan, stages: Sequence[Forecast]) -> SideBySide:
    seconds = {stage.stage: stage.seconds for stage in stages}
    workers = len(environments(needed, plan.locations)) if needed else 1
    if plan.locations.jobs != "auto":
        workers = min(workers, plan.locations.jobs)
    return SideBySide(workers, makespan(needed, seconds, workers))
