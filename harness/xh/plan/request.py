"""What a user asks for, as it was typed, and the points of its axes."""

from collections.abc import Iterator
from itertools import product
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from xh.data.places import Places
from xh.plugins.registry import known
from xh.spec import UsageError
from xh.spec.cell import ALL_ROWS, BASELINE
from xh.spec.recipe import Values
from xh.spec.stage import Phase

Keep = Literal["all", "intermediate", "adapters", "none"]
Limit = int | float | None
"""Rows at most, or a share of them up to 1; None says nothing."""
Point = dict[str, Any]
"""By axis a value."""
EACH = "each"
"""In the place of a language of training: the one that is tested, for each of them."""
AXES = {
    "model": "model",
    "method": "method",
    "train-lang": "train_lang",
    "limit-train": "limit_train",
    "limit-intermediate": "limit_intermediate",
    "limit-target": "limit_target",
}
"""The axes that are options of a request, and their fields; every other axis is a setting, ``TASK.KEY``."""


class Request(Struct, frozen=True, kw_only=True):
    """The options of ``xh run`` and ``xh plan`` as they were typed.

    Without a profile and without a model the profile is ``mini``; a model of one's own without a profile gets the
    kinds' default recipes. ``method``: methods, joined by ``+`` where several are applied; ``none`` is none.
    ``vary``: by axis its values; the run is all combinations. ``overrides``: settings by task or method and name, those
    that name neither under ``""``. ``train_lang``: the language that targets are trained in, or ``each``.
    ``limit_train``: rows of every training, ``limit_intermediate`` and ``limit_target`` those of one phase.
    ``similarity``: measures of how similar intermediate tasks and targets are. ``keep``: the models that stay when the
    run has no more use for them. ``force``: tasks and stages whose stages are made though the store has them.
    ``engine_settings``: those of the engine. ``log``: the trackers that are told. ``device``: auto, cpu, cuda or
    cuda:N. ``jobs``: how many stages run at once. ``gpus_per_stage``: how many GPUs a training has at most.
    """

    inter: tuple[str, ...]
    target: tuple[str, ...]
    method: tuple[str, ...] = (BASELINE,)
    profile: str | None = None
    model: str | None = None
    vary: dict[str, tuple[Any, ...]] = {}
    data: Places = Places()
    langs: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (1,)
    runs: str = "runs"
    overrides: dict[str, Values] = {}
    train_lang: str | None = None
    limit_train: Limit = None
    limit_intermediate: Limit = None
    limit_target: Limit = None
    limit_eval: Limit = None
    baseline: bool = True
    similarity: tuple[str, ...] = ()
    keep: Keep = "intermediate"
    force: tuple[str, ...] = ()
    engine: str = "local"
    engine_settings: Values = {}
    log: tuple[str, ...] = ()
    device: str = "auto"
    jobs: int | Literal["auto"] = 1
    gpus_per_stage: int = 1
    offline: bool = False
    trust_remote_code: bool = False

    @property
    def profile_name(self) -> str | None:
        """The profile that counts; None is the defaults."""
        return self.profile or (None if self.model or "model" in self.vary else "mini")

    def limit(self, phase: Phase) -> Limit:
        """The rows that a stage of this phase reads at most; None is all."""
        if phase == "evaluate":
            return _fewer(self.limit_eval)
        own = self.limit_intermediate if phase == "intermediate" else self.limit_target
        return _fewer(self.limit_train if own is None else own)


def _fewer(limit: Limit) -> Limit:
    return None if isinstance(limit, float) and limit == ALL_ROWS else limit


def rows_at_most(value: int | float | str) -> int | float:
    """``"100"`` as rows, ``"10%"`` as a share; numbers as they are. Raises ``ValueError`` for anything else."""
    if not isinstance(value, str):
        return value
    return float(value[:-1]) / 100 if value.endswith("%") else int(value)


def points(request: Request) -> Iterator[tuple[Point, Request]]:
    """All combinations of the values on the axes, each with the request that has these alone."""
    profile = request.profile_name if request.profile is None else request.profile
    axes = {axis: tuple(dict.fromkeys(values)) for axis, values in request.vary.items()}
    for axis, values in axes.items():
        if axis not in AXES and "." not in axis:
            known("axis of --vary", axis, [*AXES, "TASK.KEY"])
        if not values:
            raise UsageError(f"--vary {axis}= has no values.", todo=f"Use --vary {axis}=VALUE,VALUE.")
    plain = replace(request, vary={}, profile=profile, method=axes.pop("method", request.method))
    for values in product(*axes.values()):
        point = dict(zip(axes, values, strict=True))
        yield point, _at(plain, point)


def _at(request: Request, values: Point) -> Request:
    options = {AXES[axis]: value for axis, value in values.items() if axis in AXES}
    overrides = {name: dict(own) for name, own in request.overrides.items()}
    for axis, value in values.items():
        if axis not in AXES:
            task, _, key = axis.rpartition(".")
            overrides.setdefault(task, {})[key] = value
    return replace(request, overrides=overrides, **options)
