"""A stage: one phase of one cell, named by everything that can change its result."""

import hashlib
from functools import cached_property
from typing import Any, Literal

import msgspec
from msgspec import Struct

from xh.spec.recipe import Values
from xh.spec.task import TaskSpec

Phase = Literal["intermediate", "target", "evaluate"]
SCHEMA = 2


class Inputs(Struct, frozen=True, kw_only=True):
    """Everything that can change a stage's result.

    ``tasks``: by role (train and dev, or test). ``encoder``: the id and revision, or the content's hash. ``data``: per
    split and language the pinned revision, or the content's hash. ``parent``: the stage whose weights this one starts
    from; without one it starts from the encoder. ``limit_train``, ``limit_eval``: rows at most; of train rows also a
    share below 1.
    """

    phase: Phase
    encoder: str
    tasks: dict[str, TaskSpec]
    languages: tuple[str, ...]
    data: dict[str, str]
    recipe: Values
    parent: str | None = None
    seed: int | None = None
    limit_train: int | float | None = None
    limit_eval: int | None = None
    schema: int = SCHEMA

    def languages_of(self, task: str, split: str) -> tuple[str, ...]:
        """The languages in which this stage reads a task's split."""
        return tuple(sorted(key.rpartition("/")[2] for key in self.data if key.startswith(f"{task}/{split}/")))


def limited(count: int, limit: int | float | None) -> int:
    """How many of ``count`` rows are taken: at most so many, or that share of them."""
    if limit is None:
        return count
    return max(1, round(count * limit)) if isinstance(limit, float) else min(count, limit)


class Label(Struct, frozen=True, kw_only=True):
    """What a stage is for. Says nothing that could change its result.

    ``baseline`` is the stage of the same target without an intermediate phase; ``data`` is how the data source was
    named, ``encoder`` how the encoder was.
    """

    inter: str
    target: str | None
    encoder: str
    profile: str
    data: str
    baseline: str | None = None


class Stage(Struct, frozen=True, kw_only=True, dict=True):
    """One node of the plan."""

    task: str
    inputs: Inputs
    label: Label

    @property
    def phase(self) -> Phase:
        """The phase that the stage is part of."""
        return self.inputs.phase

    @cached_property
    def id(self) -> str:
        """``<phase>-<task>-<12 hex of the fingerprint>``, the stage's folder name."""
        text = msgspec.json.encode(msgspec.to_builtins(self.inputs), order="deterministic")
        return f"{self.phase}-{self.task.replace(':', '.')}-{hashlib.sha256(text).hexdigest()[:12]}"


class Site(Struct, frozen=True, kw_only=True):
    """Where the things of a run are on this machine; never part of a fingerprint.

    ``encoder``: the encoder's folder, or its Hub id. ``data``: the folder that holds the data sets; None is the Hub.
    ``own``: the folders of tasks that have one to themselves. ``processes``: how many train together.
    """

    store: str
    encoder: str
    revision: str | None = None
    data: str | None = None
    own: dict[str, str] = {}
    offline: bool = False
    trust_remote_code: bool = False
    processes: int = 1


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested records as ``{"recipe.epochs": 2.0, …}``, for saying which field differs."""
    builtins = msgspec.to_builtins(value)
    if not isinstance(builtins, dict):
        return {prefix: builtins}
    return {key: leaf for name, inner in builtins.items() for key, leaf in flat(inner, _join(prefix, name)).items()}


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name
