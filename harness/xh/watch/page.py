"""The page of results with the state of runs above it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from math import ceil
from shlex import join

from xh.engine.clock import duration
from xh.results import formats
from xh.results.html import Live
from xh.results.page.axes import step
from xh.results.page.elements import Markup, element, joined
from xh.results.page.lines import Line, chart
from xh.results.rows import collect
from xh.results.texts import plain
from xh.store import Store
from xh.watch.state import Followed, RunState, State, followed

MARKS: dict[State, str] = {
    "running": "▶", "failed": "✗", "interrupted": "‖", "waiting": "·", "skipped": "–", "done": "✓", "made before": "✓",
}  # fmt: skip
"""Before the word that says the same."""
SHOWN: tuple[State, ...] = ("running", "failed", "interrupted")
"""What is not folded."""
CURVES = 6
"""Trainings that are drawn, the newest first."""
SIZE = 400, 220
NARROW = 0.05, 2.0
"""What the scales of losses and of dev scores span at least."""


def page(store: Store, now: float, version: str = "", *, live: bool = False) -> str:
    """The whole page; ``live``: one that asks for a newer ``section`` again and again, and itself for newer results."""
    style, script = (files("xh.watch").joinpath(name).read_text("utf-8") for name in ("watch.css", "watch.js"))
    shown = Live(section(followed(store, now), version), style, script if live else "")
    return formats.html(collect(store), live=shown)


def section(runs: Sequence[RunState], version: str = "") -> Markup:
    """The state of the runs under way, or of the last one; ``version`` tells apart the results below it."""
    drawn = [_run(run) for run in runs] or [element("p", "No run is recorded in this store.")]
    said = element("p", "Newer results are there: load the page again.", id="newer", class_="said", hidden="")
    lost = element("p", "xh watch has ended; what is shown is the last it said.", id="lost", class_="said", hidden="")
    return element("section", *drawn, said, lost, id="live", aria_label="Runs", data_version=version)


def _run(run: RunState) -> Markup:
    stages = [each for each in run.stages if each.state in SHOWN]
    return element(
        "div",
        element("h2", _headline(run)),
        element("p", element("code", plain(join(run.record.command))), f" · since {_when(run.record.started)}"),
        _bar(run),
        _table(stages, f"Stages under work of run {run.name}") if stages else "",
        *_curves(run.stages),
        _folded(run),
    )


def _headline(run: RunState) -> str:
    """``Running: 12 of 40 stages are there, about 12 min left``."""
    there, failed = run.count("done", "made before"), run.count("failed")
    counted = f"{there} of {len(run.stages)} stages are there" if run.stages else "no stage is known of it"
    parts = [counted, *([f"{failed} failed"] if failed else []), *([run.left] if run.left else [])]
    return f"{run.record.outcome.capitalize()}: {', '.join(parts)}"


def _bar(run: RunState) -> Markup:
    there = run.count("done", "made before")
    return element("progress", max=len(run.stages) or 1, value=there, aria_label="Stages that are there")


def _when(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"


def _folded(run: RunState) -> Markup:
    counts = {state: run.count(state) for state in MARKS}
    said = ", ".join(f"{number} {state}" for state, number in counts.items() if number)
    return (
        element(
            "details", element("summary", f"All stages: {said}"), _table(run.stages, f"All stages of run {run.name}")
        )
        if run.stages
        else joined()
    )


def _table(stages: Iterable[Followed], said: str) -> Markup:
    heads = [element("th", name, scope="col") for name in ("stage", "state", "so far", "time", "said")]
    lines = [element("tr", *_cells(stage)) for stage in stages]
    whole = element("table", element("thead", element("tr", *heads)), element("tbody", *lines), class_="stages")
    return element("div", whole, class_="scroll", tabindex=0, role="region", aria_label=said)


def _cells(stage: Followed) -> Iterator[Markup]:
    yield element("th", plain(stage.planned.title), scope="row")
    yield element("td", f"{MARKS[stage.state]} {stage.state}", class_=f"text {stage.state.replace(' ', '-')}")
    yield element("td", _far(stage))
    yield element("td", "" if stage.seconds is None else duration(stage.seconds))
    yield element("td", plain(stage.text), class_="text said")


def _far(stage: Followed) -> str:
    """``450/1,200 steps · loss 1.234 · dev f1 55.1``."""
    counted = stage.counted
    parts = [f"{counted.done:,}/{counted.total:,} {counted.unit}"] if counted else []
    parts += [f"loss {stage.loss[-1][1]:.3f}"] if stage.loss else []
    parts += [
        f"dev {plain(name)} {value:.1f}" for _, found in stage.dev[-1:] for name, value in list(found.items())[:1]
    ]
    return " · ".join(parts)


def _curves(stages: Sequence[Followed]) -> Iterator[Markup]:
    """Losses and dev scores of the trainings that began last, those under way first."""
    begun = [each for each in stages if each.loss or each.dev]
    for stage in sorted(begun, key=lambda each: (each.state != "running", -(each.began or 0)))[:CURVES]:
        metrics = list(dict.fromkeys(name for _, found in stage.dev for name in found))[:1]
        scores = {name: [(at, found[name]) for at, found in stage.dev if name in found] for name in metrics}
        yield from _curve(stage, "loss", stage.loss, NARROW[0])
        for name, points in scores.items():
            yield from _curve(stage, f"dev {plain(name)}", points, NARROW[1])


def _curve(stage: Followed, name: str, points: Sequence[tuple[int, float]], least: float) -> Iterator[Markup]:
    if not points:
        return
    last = max(points[-1][0], stage.counted.total if stage.counted else 0)
    ticks = {float(at): f"{at:,}" for at in range(0, last + 1, max(1, ceil(step(0, last))))}
    title = plain(f"{stage.planned.title} · {name}")
    drawn = chart(title, [Line(f"{points[-1][1]:.4g}", points)], ticks, "steps", least, SIZE, last)
    said = f"{title}: from {points[0][1]:.4g} after step {points[0][0]} to {points[-1][1]:.4g} after {points[-1][0]}"
    box = f"0 0 {SIZE[0]} {SIZE[1]}"
    picture = element("svg", *drawn.drawn, viewBox=box, role="img", aria_label=said, class_="drawn")
    yield element("figure", element("figcaption", title), picture, class_="small")
