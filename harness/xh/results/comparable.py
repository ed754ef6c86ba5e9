"""Whether a score is comparable with published XTREME scores: only with the official data and protocol."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from xh.results.evaluation import selected
from xh.results.records import Score
from xh.spec import Retrieval, TaskSpec
from xh.spec.data import CANDIDATES
from xh.spec.kinds import facts
from xh.spec.recipe import ORACLE
from xh.spec.stage import limited
from xh.spec.train_languages import dev_languages
from xh.store import Record

SAMPLE = "sample"
UNFAIR = "checkpoint selected in the languages of the test (oracle)"
SEARCH = ("search", "layer", "pooling", "max_length", "index")
MINING = ("margin", "k", "strategy", "threshold")


def why_not(
    record: Record, ancestors: Sequence[Record], score: Score, protocol: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """Why a score of an evaluate stage is not comparable; empty if it is.

    ``ancestors`` are the trainings before it, the first one first; ``protocol`` is that of its ``scores.json``.
    """
    if record.stage.purpose.data == SAMPLE:
        return ("sample data",)
    task = record.stage.inputs.tasks["test"]
    reasons = [
        *([task.reason] if task.reason else []),
        *_lost(record, ancestors),
        *(reason for ancestor in ancestors for reason in _training(ancestor)),
        *_language(ancestors, score.lang),
        *([UNFAIR] if selected(ancestors) == ORACLE else []),
        *_rows(task, "test", (score.lang,), score.n, record.stage.inputs.limit_eval),
        *_candidates(task, (protocol or {}).get(CANDIDATES), (protocol or {}).get("recall")),
        *(_retrieval(task, record, protocol or {}) if facts(task.kind).settings is Retrieval else ()),
    ]
    return tuple(dict.fromkeys(reasons))


def _lost(record: Record, ancestors: Sequence[Record]) -> Iterator[str]:
    parent = (ancestors[0] if ancestors else record).stage.inputs.parent
    if parent:
        yield f"{parent} is no longer in the store"


def train_languages(ancestors: Sequence[Record]) -> tuple[str, ...]:
    """The languages that the target was trained in, if not English alone."""
    targets = [record.stage.inputs.tasks["train"] for record in ancestors if record.stage.phase == "target"]
    return targets[-1].train_languages if targets else ()


def _language(ancestors: Sequence[Record], lang: str) -> Iterator[str]:
    if langs := train_languages(ancestors):
        yield f"trained in {', '.join(langs)}" + (", not zero-shot" if lang in langs else " instead of English")


def _training(record: Record) -> Iterator[str]:
    inputs = record.stage.inputs
    for role, limit in (("train", inputs.limit_train), ("dev", inputs.limit_eval)):
        for task in inputs.tasks[role].members:
            counts = record.facts.get("parts", {}).get(task.name) or record.facts.get("rows", {})
            langs = inputs.languages_of(task.name, role)
            if role == "dev" and record.stage.phase == "target":
                langs = tuple(lang for lang in langs if lang in dev_languages(task, inputs.tasks["train"]))
            if langs:
                yield from (f"{task.name}: {reason}" for reason in _rows(task, role, langs, counts.get(role), limit))


def _rows(
    task: TaskSpec, role: str, langs: Sequence[str], count: int | None, limit: int | float | None
) -> Iterator[str]:
    """How a split differs from the official one: by its own ``count``, or where that isn't known by the limit."""
    known = [each for each in (task.official_rows(role, lang) for lang in langs) if each is not None]
    official = sum(known) if len(known) == len(langs) else None
    if official is not None and count is not None:
        if count != official:
            yield f"{count:,} {role} rows instead of {official:,}"
    elif limit is not None and (official is None or limited(official, limit) < official):
        yield f"{limit:.3%} of the {role} rows" if isinstance(limit, float) else f"at most {limit:,} {role} rows"


def _candidates(task: TaskSpec, count: int | None, recall: float | None) -> Iterator[str]:
    known = [each for lang in task.pool_languages if (each := task.official_rows(CANDIDATES, lang)) is not None]
    if known and count is not None and count != sum(known):
        yield f"{count:,} candidates instead of {sum(known):,}"
    if recall is not None:
        yield f"an index that finds {recall:.1%} of the nearest candidates"


def _retrieval(task: TaskSpec, record: Record, protocol: Mapping[str, Any]) -> Iterator[str]:
    official = {**msgspec.to_builtins(Retrieval()), "layer": protocol.get("official_layer"), **task.recipe}
    used = {**official, **record.stage.inputs.recipe, **protocol}
    keys = SEARCH + MINING if "mine" in (used["search"], official["search"]) else SEARCH
    yield from (f"{key} {used[key]} instead of {official[key]}" for key in keys if used[key] != official[key])
