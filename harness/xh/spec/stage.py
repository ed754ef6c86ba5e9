"""A stage: one phase of one cell, named by everything that can change its result."""

import hashlib
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from xh.spec.data import CANDIDATES, DataSplit
from xh.spec.fingerprint import decisive
from xh.spec.method import AppliedMethod
from xh.spec.recipe import Values
from xh.spec.task import TaskSpec

Phase = Literal["intermediate", "target", "evaluate", "represent"]
TRAININGS: tuple[Phase, ...] = ("intermediate", "target")
ADAPTER = "adapter.safetensors"
"""What stands in place of a model's weights, where no more is kept of it than its adapters."""
"""The phases that make a model; others read one."""
DIST = re.compile(r"[\w.-]+:")
SCHEMA = 3
"""Of stages; raised when what names a stage is no longer what it was."""


class Inputs(Struct, frozen=True, kw_only=True, dict=True):
    """What a stage is made from; ``xh.spec.fingerprint.decisive`` says what of it names the stage.

    ``tasks``: by split (train and dev, or test, or the one that is represented). ``encoder``, and ``data`` by
    ``DataSplit.key``: the commit on the Hub or the content's hash. ``parent``: the stage whose weights this one starts
    from; without one it starts from the encoder. ``with_head``: it goes on with the parent's head, too.
    ``limit_train``, ``limit_eval``: rows at most, or a share of them below 1. ``methods``: what a training is changed
    by, in the order in which they are applied. ``models``: the identities of further models that the kinds of its tasks
    read, by ``TASK.SETTING``.
    """

    phase: Phase
    encoder: str
    tasks: dict[str, TaskSpec]
    languages: tuple[str, ...]
    data: dict[str, str]
    recipe: Values
    parent: str | None = None
    with_head: bool = False
    seed: int | None = None
    limit_train: int | float | None = None
    limit_eval: int | float | None = None
    methods: tuple[AppliedMethod, ...] = ()
    models: dict[str, str] = {}
    schema: int = SCHEMA

    @property
    def split(self) -> str:
        """The split that is trained on (beside the dev set), tested or represented."""
        return next(iter(self.tasks))

    @property
    def task(self) -> TaskSpec:
        """The task of that split."""
        return self.tasks[self.split]

    @cached_property
    def identities(self) -> dict[DataSplit, str]:
        """``data`` by split: what everything inside the program asks."""
        return {DataSplit.of(key): identity for key, identity in self.data.items()}

    def languages_of(self, task: str, split: str) -> tuple[str, ...]:
        """The languages in which this stage reads a task's split."""
        return tuple(sorted(each.lang for each in self.identities if (each.task, each.split) == (task, split)))

    def contents_in(self, lang: str) -> dict[str, str]:
        """The identities of what an evaluation in one language reads by split, whatever its task is called.

        All candidates are read in every language.
        """
        pool = {f"{each.split}/{each.lang}": self.identities[each] for each in self._candidates}
        return pool | {each.split: identity for each, identity in self.identities.items() if each.lang == lang}

    @property
    def _candidates(self) -> list[DataSplit]:
        return [each for each in self.identities if each.split == CANDIDATES]

    def only(self, languages: Iterable[str]) -> "Inputs":
        """The same in these languages only, with all candidates."""
        langs, candidates = tuple(languages), self._candidates
        tested = [each for lang in langs for each in self.identities if each.lang == lang and each not in candidates]
        return replace(self, languages=langs, data={each.key: self.identities[each] for each in (*tested, *candidates)})

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what decides the result: 64 hex digits."""
        return hashlib.sha256(msgspec.json.encode(decisive(self), order="deterministic")).hexdigest()


def limited(count: int, limit: int | float | None) -> int:
    """How many of ``count`` rows are taken: at most so many, or that share of them."""
    if limit is None:
        return count
    return max(1, round(count * limit)) if isinstance(limit, float) else min(count, limit)


class Purpose(Struct, frozen=True, kw_only=True):
    """What a stage is for. Says nothing that could change its result.

    ``baseline`` is the ``evaluation`` of the same target without an intermediate phase and without a method (of older
    stores the stage); ``data`` is how the data source was named, ``encoder`` how the encoder was. ``method``: the one
    that the stage, or a training before it, was changed by, several joined by ``+``. ``step``: the task that is learnt,
    where a target is trained on several.
    """

    inter: str
    target: str | None
    encoder: str
    profile: str
    data: str
    baseline: str | None = None
    method: str = "none"
    step: str | None = None

    @property
    def aim(self) -> str | None:
        """The target, in one of several steps ``xcopa (siqa)``."""
        return f"{self.target} ({self.step})" if self.step else self.target

    @property
    def way(self) -> str:
        """In short: ``squad → bucc``, with a method ``squad → bucc · salt``."""
        tasks = " → ".join(filter(None, (self.inter, self.aim)))
        return tasks if self.method == "none" else f"{tasks} · {self.method}"


class Stage(Struct, frozen=True, kw_only=True, dict=True):
    """One node of the plan."""

    task: str
    inputs: Inputs
    purpose: Purpose = msgspec.field(name="label")

    @property
    def phase(self) -> Phase:
        """The phase that the stage is part of."""
        return self.inputs.phase

    @property
    def trains(self) -> bool:
        """Whether it makes a model; other stages read one."""
        return self.phase in TRAININGS

    @property
    def title(self) -> str:
        """In a few words: ``evaluate xquad after squad, seed 1``."""
        purpose, seed = self.purpose, self.inputs.seed
        before = f" after {purpose.inter}" if self.phase != "intermediate" and purpose.inter != "none" else ""
        before += f" with {purpose.method}" if purpose.method != "none" else ""
        what = " and ".join(map(str, self.inputs.identities)) if self.phase == "represent" else purpose.aim
        return f"{self.phase} {what or self.task}{before}" + (f", seed {seed}" if seed is not None else "")

    @cached_property
    def id(self) -> str:
        """``<phase>-<task>-<12 hex of the fingerprint>``, the stage's folder name."""
        return self._named(self.inputs)

    @cached_property
    def evaluation(self) -> str:
        """The same for the stage in no language: what stages share that evaluate alike in different languages."""
        return self._named(self.inputs.only(()))

    def agrees(self, other: "Stage") -> bool:
        """Whether in no language something else is read than by another stage of the same ``evaluation``."""
        shared = [lang for lang in self.inputs.languages if lang in other.inputs.languages]
        return all(self.inputs.only([lang]).fingerprint == other.inputs.only([lang]).fingerprint for lang in shared)

    def _named(self, inputs: Inputs) -> str:
        return f"{self.phase}-{self._short_name}-{inputs.fingerprint[:12]}"

    @property
    def _short_name(self) -> str:
        """The task's name as it is where nobody else claims it: a clash renames no stage."""
        others = any(part.dist for task in self.inputs.tasks.values() for part in task.members)
        return DIST.sub("", self.task) if others else self.task.replace(":", ".")


class Machine(Struct, frozen=True, kw_only=True):
    """What a stage was made on. It changes last digits and speed, so it is recorded and not part of a name.

    ``device``: cpu or cuda. ``processor``: the CPU's or GPU's name. ``precision``: the number format of matrix products
    (fp32, bf16). ``threads``: of the CPU. Empty where an older xh made the stage.
    """

    device: str = ""
    processor: str = ""
    precision: str = ""
    threads: int = 0


class EncoderSource(Struct, frozen=True):
    """Where an encoder lies: its folder, or its Hub id and the commit there."""

    source: str
    revision: str | None = None


class Locations(Struct, frozen=True, kw_only=True):
    """Where the things of a run are on this machine; never part of a fingerprint.

    ``encoders``: by identity, as ``Inputs.encoder`` has it. ``data``: the folder that holds the data sets; None is the
    Hub. ``others``: more such folders, for splits that the first lacks. ``own``: the folders of tasks that have one to
    themselves. ``processes``: how many train together. ``device``: what to compute on: auto, cpu, cuda or cuda:N.
    ``jobs``: the stages that run side by side; auto is as many as there are GPUs, or as cores and memory allow.
    ``gpus_per_stage``: how many GPUs a training may have; ``gpus``: those that its processes have, as
    CUDA_VISIBLE_DEVICES calls them, where these are not all. ``anew``: the stages to make though the store has them.
    ``engine_settings``: those of the engine. ``adapters``: of a training with adapters keep these, not the model.
    """

    store: str
    encoders: dict[str, EncoderSource] = {}
    data: str | None = None
    own: dict[str, str] = {}
    others: tuple[str, ...] = ()
    offline: bool = False
    trust_remote_code: bool = False
    processes: int = 1
    device: str = "auto"
    jobs: int | Literal["auto"] = 1
    gpus_per_stage: int = 1
    gpus: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    engine_settings: Values = {}
    adapters: bool = False


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested records as ``{"recipe.epochs": 2.0, …}``, for saying which field differs."""
    builtins = msgspec.to_builtins(value)
    if not isinstance(builtins, dict):
        return {prefix: builtins}
    nested = {f"{prefix}.{name}" if prefix else name: inner for name, inner in builtins.items()}
    return {key: leaf for name, inner in nested.items() for key, leaf in flat(inner, name).items()}
