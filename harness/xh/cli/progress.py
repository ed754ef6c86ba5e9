"""Progress of a run on stderr: bars on a terminal, lines elsewhere."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from xh.spec import Stage

FIRST = 10
"""Dev scores in one line at most."""


@contextmanager
def observer() -> Iterator[object]:
    """A plugin with the announcing hooks; what it draws is cleared up at the end, however that comes."""
    if not sys.stderr.isatty():
        from xh.cli.lines import Lines

        yield Lines()
        return
    from xh.cli.bars import Bars

    bars = Bars()
    try:
        yield bars
    finally:
        bars.close()


def computes(machine: Mapping[str, Any]) -> str:
    """What a stage computes on: ``cpu: AMD EPYC 9654, 8 threads, fp32``."""
    threads = f"{machine['threads']} threads" if machine["device"] == "cpu" else ""
    return f"{machine['device']}: {', '.join(filter(None, (machine['processor'], threads, machine['precision'])))}"


def title(stage: Stage) -> str:
    """A stage in a few words: ``evaluate xquad after squad, seed 1``."""
    inter, seed = stage.label.inter, stage.inputs.seed
    before = f" after {inter}" if stage.phase != "intermediate" and inter != "none" else ""
    return f"{stage.phase} {stage.label.target or stage.task}{before}" + (f", seed {seed}" if seed is not None else "")


def score(entry: Mapping[str, Any]) -> str | None:
    """A language's main score in a log entry: ``de  f1 55.5  (1,190 rows)``; None where it is another entry."""
    if "lang" not in entry or "metric" not in entry or not entry.get("main", True):
        return None
    return f"{entry['lang']}  {entry['metric']} {entry['value']:.1f}  ({entry['n']:,} rows)"


def dev(entry: Mapping[str, Any]) -> str | None:
    """The first scores on the dev sets in a log entry: ``dev f1 55.1``; None where it is another entry."""
    found = entry.get("dev")
    if not isinstance(found, Mapping):
        return None
    texts = [f"{name} {value:.1f}" for name, value in found.items()]
    return "dev " + ", ".join(texts[:FIRST] + ["…"] * (len(texts) > FIRST))
