"""``xh plan``: what a run with the same options would do."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import click
from msgspec.structs import replace
from rich.filesize import decimal

from xh.cli.changes import REMAKE, made_by, warn_left_behind, which
from xh.cli.options import request_options
from xh.cli.output import (
    columns,
    counted,
    echo_json,
    heading,
    indented,
    visible,
    warn,
    warn_left_out,
    warned_registry,
)
from xh.engine import sbatch
from xh.engine.clock import duration
from xh.engine.preview import Preview, SideBySide, previewed
from xh.plan import Plan, Request, build, commits
from xh.plan.disk import Disk
from xh.plan.estimate import Forecast, pending
from xh.plan.grid import Share
from xh.plan.pace import Pace
from xh.plan.recipes import without_section
from xh.plan.remedies import Lack
from xh.plan.settings import profile
from xh.results.page.elements import element
from xh.spec import TaskSpec
from xh.spec.cell import BASELINE, written
from xh.spec.data import COMMIT
from xh.store import Store

HEADER = ("STAGE", "STATE", "FOR", "LANGS", "ROWS", "MIN STEPS", "MEMORY")
TIME = ("TIME",)
SLURM = "slurm-jobs"
MOST = 60
"""Stages that are listed."""


@click.command("plan")
@request_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "sbatch"]),
    default="table",
    show_default=True,
    help="sbatch: a script that has Slurm make the stages, each as a job.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(request: Request, form: str, as_json: bool) -> None:
    """Show the stages that a run with these options would need; nothing is run.

    A stage is new, cached (in the store), changed: in the store with other inputs, which are named, or made again.
    """
    if form == "sbatch":
        click.echo(_jobs(replace(request, engine=SLURM)), nl=False)
        return
    show([request], as_json)


def _jobs(request: Request) -> str:
    store = Store(request.runs)
    plan = build([request], warned_registry(), store.evaluations())
    warn_left_out(plan.left_out)
    needed, _ = pending(plan, store)
    return sbatch.script(needed, plan.locations)


def show(requests: Sequence[Request], as_json: bool) -> None:
    """Show the plan of some requests."""
    store, registry, settings = Store(requests[0].runs), warned_registry(), profile(requests[0].profile_name)
    costs = previewed(requests, registry)
    plan = costs.plan
    for text in plan.unknown:
        warn(text)
    warn_left_behind(plan, store)
    if names := without_section(_with_recipes(plan), settings):
        warn(f"profile {plan.profile} has no recipe for {', '.join(names)}, so the defaults apply (xh show TASK)")
    if as_json:
        echo_json(_document(costs))
        return
    for part in _page(costs):
        click.echo(part)
    warn_left_out(plan.left_out)


def text(costs: Preview) -> str:
    """What ``xh plan`` shows, without colours."""
    return click.unstyle("\n".join(_page(costs)))


def html(costs: Preview) -> str:
    """The same for a notebook, the stages as a table."""
    plan, stages = costs.plan, costs.stages
    head = element("tr", *(element("th", name) for name in HEADER + TIME))
    lines = [_line(stage, several=len(plan.encoders) > 1) for stage in stages[:MOST]]
    rows = [element("tr", *(element("td", visible(cell)) for cell in line)) for line in lines]
    said = [f"… and {len(stages) - MOST:,} more stages."] if len(stages) > MOST else []
    others = element("pre", visible(click.unstyle("\n".join([*said, *_costs(costs)]).strip())))
    title = element("strong", visible(_title(plan, stages)))
    return element("div", title, element("table", element("thead", head), element("tbody", *rows)), others)


def _page(costs: Preview) -> Iterator[str]:
    plan, stages = costs.plan, costs.stages
    yield f"{heading(_title(plan, stages))}\n"
    if costs.axes:
        yield f"{_grid(costs.axes, len(plan.cells))}\n"
    yield from _listed(stages, several=len(plan.encoders) > 1)
    yield from _costs(costs)


def _costs(costs: Preview) -> Iterator[str]:
    """What stands below the stages."""
    plan, stages, request = costs.plan, costs.stages, costs.request
    if _timed(stages):
        yield f"\n{_time(stages, costs.pace)}{_sooner(costs.side_by_side)}"
    if costs.hours is not None:
        yield f"\n{_estimate(stages, costs.hours, plan.profile, profile(request.profile_name).tokens_per_second)}"
    if any(stage.to_run for stage in stages):
        yield f"\n{_room(costs.room, request)}"
    for lack in costs.lacking:
        yield f"\n{_lack(lack)}"
    if dropped := [each.stage for each in stages if each.state == "again" and each.stage not in plan.locations.anew]:
        yield f"\nTrained again because the model was deleted: {which(dropped)}. --keep all keeps all models."
    if changed := [*_changed(stages), *map(made_by, costs.older)]:
        yield f"\n{heading('Changed since the store')}\n{indented(columns(changed))}"
    if costs.older:
        yield f"  {REMAKE}"
    if read := commits.read(plan.stages.values(), plan.locations):
        lines = columns([(repo, _value(commit)) for repo, commit in read])
        yield f"\n{heading('Read from the Hub, at commit')}\n{indented(lines)}"


def _listed(stages: Sequence[Forecast], several: bool) -> Iterator[str]:
    """The stages, as far as they are not too many; ``several``: each with its encoder."""
    header = HEADER + TIME if _timed(stages) else HEADER
    shown = stages if len(stages) <= MOST + 1 else stages[:MOST]
    yield columns([_line(stage, several)[: len(header)] for stage in shown], header=header, right=(3, 4, 5, 6, 7))
    if len(shown) < len(stages):
        yield f"… and {len(stages) - MOST:,} more stages (--json lists them all)."


def _timed(stages: Sequence[Forecast]) -> bool:
    return any(stage.seconds is not None for stage in stages)


def _with_recipes(plan: Plan) -> Iterator[TaskSpec]:
    """The tasks whose recipes count: intermediate ones, and targets."""
    roles = {"intermediate": "train", "evaluate": "test"}
    inputs = (stage.inputs for stage in plan.stages.values() if stage.phase in roles)
    return (each.tasks[roles[each.phase]] for each in inputs)


def _document(costs: Preview) -> dict[str, Any]:
    plan = costs.plan
    read = commits.read(plan.stages.values(), plan.locations)
    return {
        "schema": 1,
        "encoder": ", ".join(plan.encoders),
        "profile": plan.profile,
        "stages": costs.stages,
        "gpu_hours": costs.hours,
        "side_by_side": costs.side_by_side,
        "disk": costs.room,
        "too_little_memory": costs.lacking,
        "hub": [{"repository": repo, "commit": commit} for repo, commit in read],
        "left_out": [f"{split}: {'; '.join(reasons)}" for split, reasons in plan.left_out.items()],
        "axes": costs.axes,
        "made_by_other_versions": costs.older,
    }


def _room(room: Disk, request: Request) -> str:
    free = f"{decimal(room.free)} are free on the disk of {request.runs}"
    if room.peak is None or room.stays is None:
        return f"The disk space it needs is known once the encoder is fetched; {free}."
    return (
        f"Disk: about {decimal(room.peak)} while running, of which {decimal(room.stays)} remain for models "
        f"(--keep {request.keep}); {free}."
    )


def _lack(lack: Lack) -> str:
    """That stages have too little memory, and what would do."""
    ways = [f"{' '.join(f'--set {each}' for each in way.settings)} ({decimal(way.memory)})" for way in lack.ways]
    ways += [f"--gpus-per-stage {lack.gpus} on as many such GPUs"] * bool(lack.gpus)
    fits = f"It fits with {', or with '.join(ways)}." if ways else "No setting makes it fit: use a larger machine."
    what = f"{which(lack.stages)} needs about {decimal(lack.memory)} of memory; {lack.where} has {decimal(lack.free)}."
    return f"{what} {fits}"


def _time(stages: Sequence[Forecast], pace: Pace) -> str:
    """The time of the stages to run whose pace is known."""
    to_run = [stage.seconds for stage in stages if stage.to_run]
    known = [seconds for seconds in to_run if seconds is not None]
    lacking = len(to_run) - len(known)
    without = f", without {counted(lacking)} of unknown pace" if lacking else ""
    return f"About {duration(sum(known))}, from {pace.source()}{without}."


def _sooner(found: SideBySide) -> str:
    return f" With {found.workers} stages side by side about {duration(found.seconds)}." if found.workers > 1 else ""


def _estimate(stages: Sequence[Forecast], hours: float, profile_name: str, speed: float | None) -> str:
    unknown = sum(stage.tokens is None and stage.to_run for stage in stages)
    without = f", without {counted(unknown)} whose rows are not known yet" if unknown else ""
    return (
        f"About {hours:,.1f} GPU-hours if every row is of full length, at the {speed:,.0f} trained tokens per second "
        f"that profile {profile_name} assumes for one GPU{without}."
    )


def _title(plan: Plan, stages: Sequence[Forecast]) -> str:
    cached = sum(stage.state == "cached" for stage in stages)
    to_run = counted(sum(stage.to_run for stage in stages))
    return f"encoder {', '.join(plan.encoders)} · profile {plan.profile} · {to_run} to run, {cached} in the store"


def _grid(axes: Sequence[Share], cells: int) -> str:
    """What belongs to each value of each axis; what several share is counted for each."""
    lines = [
        (
            axis if number == 0 else "",
            written(axis, share.value),
            f"{share.cells:,}",
            f"{share.stages:,}",
            f"{share.cached:,}",
            "" if share.seconds is None else duration(share.seconds),
            "" if share.disk is None else decimal(share.disk),
        )
        for axis, group in groupby(axes, key=lambda share: share.axis)
        for number, share in enumerate(group)
    ]
    header = ("AXIS", "VALUE", "CELLS", "STAGES", "IN STORE", "TIME", "DISK")
    return f"{columns(lines, header=header, right=(2, 3, 4, 5, 6))}\n{cells:,} cells in all."


def _line(stage: Forecast, several: bool) -> list[str]:
    way = " → ".join(filter(None, (stage.inter, stage.target)))
    method = "" if stage.method == BASELINE else f" · {stage.method}"
    seed = "" if stage.seed is None else f", seed {stage.seed}"
    at = [f", {axis} {written(axis, value)}" for axis, value in stage.at.items() if axis not in ("model", "method")]
    langs = stage.languages[0] if len(stage.languages) == 1 else str(len(stage.languages))
    time = "" if stage.seconds is None else duration(stage.seconds)
    memory = "" if stage.memory is None else decimal(stage.memory)
    way = f"{stage.encoder}: {way}" if several else way
    what = "".join([way, method, seed, *at])
    return [stage.stage, stage.state, what, langs, _number(stage.rows), _number(stage.steps), memory, time]


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _changed(stages: Sequence[Forecast]) -> list[Sequence[str]]:
    """Each changed input once, with the stages that it concerns; a changed parent goes without saying."""
    found: dict[tuple[str, str], list[str]] = {}
    for stage in stages:
        for name, values in stage.changes.items():
            if name != "parent":
                name = name.replace("data.", "data changed: ", 1) if name.startswith("data.") else name
                found.setdefault((name, _change(values)), []).append(stage.stage)
    return [(*change, which(concerned)) for change, concerned in found.items()]


def _change(values: Sequence[Any]) -> str:
    commits = all(isinstance(value, str) and COMMIT.match(value) for value in values)
    return "commit " * commits + " → ".join(map(_value, values))


def _value(value: Any) -> str:
    """A value in short: of commits the first digits."""
    return "unset" if value is None else COMMIT.sub(lambda found: found[0][:12], str(value))
