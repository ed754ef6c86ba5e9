"""What progress says of stages and of the lines of their logs."""

from collections.abc import Mapping
from typing import Any

FIRST = 10
"""Dev scores in one line at most."""


def computes(machine: Mapping[str, Any]) -> str:
    """What a stage computes on: ``cpu: AMD EPYC 9654, 8 threads, fp32``."""
    threads = f"{machine['threads']} threads" if machine["device"] == "cpu" else ""
    return f"{machine['device']}: {', '.join(filter(None, (machine['processor'], threads, machine['precision'])))}"


def count(entry: Mapping[str, Any]) -> tuple[int, int, str] | None:
    """How much is done, of how much, and what it is counted in; None where the entry does not say."""
    for done, total, unit in (("step", "steps", "steps"), ("encoded", "sentences", "sentences")):
        if entry.get(total) and done in entry:
            return entry[done], entry[total], unit
    return None


def is_score(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is a language's main score."""
    return "lang" in entry and "metric" in entry and bool(entry.get("main", True))


def scores(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """The main scores of a stage's languages in one line: ``f1  de 70.0  fr 70.9``."""
    metric = next(iter(entries.values()))["metric"]
    return "  ".join([metric, *(f"{lang} {entry['value']:.1f}" for lang, entry in entries.items())])


def dev(entry: Mapping[str, Any]) -> str | None:
    """The first scores on the dev sets in a log entry: ``dev f1 55.1``; None where it is another entry."""
    found = entry.get("dev")
    if not isinstance(found, Mapping):
        return None
    texts = [f"{name} {value:.1f}" for name, value in found.items()]
    return "dev " + ", ".join(texts[:FIRST] + ["…"] * (len(texts) > FIRST))
