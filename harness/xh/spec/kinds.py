"""What the plan must know of a kind, in a light record; its code is in ``xh.kinds``, or in a plugin."""

import re
from collections.abc import Iterable
from typing import cast, get_args

from msgspec import Struct, convert, defstruct
from msgspec.structs import replace

from xh.spec.recipe import (
    MultiTaskTraining,
    PooledTraining,
    RankTraining,
    Recipe,
    Retrieval,
    SpanTraining,
    TextTraining,
    Training,
    Values,
)

REFERENCE = re.compile(r"[\w.]+:[\w.]+")
RECIPES = get_args(Recipe)
KINDS: dict[str, "KindSpec"] = {}
"""The kinds by name; the registry adds those of other distributions."""


class KindSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of task.

    name, code            how tasks ask for it; the ``"module:Class"`` that does the work, a ``xh.api.Kind``
    required, optional    its columns; a kind that names none takes those that the task's record names, or all
    recipe                the record of its settings; without one it is that of ``like``, or ``Training``
    like                  the built-in kind whose recipe record, and whose sections of profiles, its tasks have as well
    trained               whether its tasks are fine-tuned
    text                  running text, learnt in all of a task's languages at once; nothing is predicted
    masked                whether it goes on with an encoder's masked language modelling, which not all encoders have
    labelled              whether its tasks name their labels
    labels_in             the column of lists whose values are the labels of an intermediate task that names none
    counted               the metrics whose mean is a target's score; without any it is the task's main metric
    pooled                candidates are searched over all languages at once: no evaluation of some of them
    models                the settings that name a further model, such as a vision tower: a Hub id, a folder, or
                          ``package:folder``. It is fetched, and its commit or content is part of what names a stage
    version               raise it when the kind's code, or a default of its recipe, changes results; stages of other
                          versions are made anew
    dist                  the distribution that registered it; ``xh`` fills it in
    """

    name: str
    code: str = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    recipe: type | None = None
    like: str | None = None
    trained: bool = True
    text: bool = False
    masked: bool = False
    labelled: bool = False
    labels_in: str | None = None
    counted: tuple[str, ...] = ()
    pooled: bool = False
    models: tuple[str, ...] = ()
    version: int = 1
    dist: str = ""

    def __post_init__(self) -> None:
        problems = {
            f"like={self.like!r} is not a built-in kind": self.like
            and self.like not in [spec.name for spec in BUILT_IN],
            f"code {self.code!r} is not of the form module:Class": self.code and not REFERENCE.fullmatch(self.code),
            f"recipe {self.recipe!r} is not a record of settings": self.recipe and not issubclass(self.recipe, RECIPES),
        }
        if found := [text for text, wrong in problems.items() if wrong]:
            raise ValueError(f"kind {self.name!r}: {'; '.join(found)}")

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it knows."""
        return (*self.required, *self.optional)

    def needed(self, columns: dict[str, str]) -> dict[str, str]:
        """What the data of a task must have, by the kind's name for it; ``columns``: as the task's record names them.

        An optional column may be absent unless the record names it.
        """
        names = self.columns or tuple(columns)
        return {name: columns.get(name, name) for name in names if name in columns or name not in self.optional}

    @property
    def label_column(self) -> str:
        """The kind's column of labels."""
        return self.labels_in or "label"

    @property
    def settings(self) -> type[Recipe]:
        """The record of its settings."""
        own = self.recipe or (facts(self.like).settings if self.like else Training)
        return cast(type[Recipe], own)

    @property
    def identity(self) -> str:
        """What names it in a stage, whoever else has a kind of this name."""
        return f"{self.dist}:{self.name.rpartition(':')[2]}" if self.dist else self.name


BUILT_IN = (
    KindSpec(
        name="classify",
        code="xh.kinds.classify:Classify",
        required=("text_a", "label"),
        optional=("text_b",),
        recipe=PooledTraining,
        labelled=True,
    ),
    KindSpec(name="tag", code="xh.kinds.tag:Tag", required=("tokens", "tags"), labelled=True, labels_in="tags"),
    KindSpec(
        name="choice",
        code="xh.kinds.choice:Choice",
        required=("text", "choices", "label"),
        recipe=PooledTraining,
    ),
    KindSpec(
        name="span",
        code="xh.kinds.span:Span",
        required=("id", "context", "question", "answers"),
        recipe=SpanTraining,
        counted=("exact_match", "f1"),
    ),
    KindSpec(name="mlm", code="xh.kinds.mlm:MaskedLM", required=("text",), recipe=TextTraining, text=True, masked=True),
    KindSpec(name="mixture", code="xh.kinds.supervised:MultiTask", recipe=MultiTaskTraining),
    KindSpec(
        name="bitext",
        code="xh.kinds.bitext:Bitext",
        optional=("source", "target", "side", "id", "sentence", "match"),
        recipe=Retrieval,
        trained=False,
    ),
    KindSpec(
        name="rank",
        code="xh.kinds.rank:Rank",
        optional=("query", "candidate", "negatives", "id", "match"),
        recipe=RankTraining,
    ),
)
KINDS |= {spec.name: spec for spec in BUILT_IN}


def facts(kind: str) -> KindSpec:
    """What is known of a kind; of one whose plugin is not installed no more than its name."""
    return KINDS.get(kind) or KindSpec(name=kind, pooled=True)


def use_kinds(others: Iterable[tuple[str, KindSpec]]) -> None:
    """Have these kinds beside the built-in ones, each with the distribution that registers it, and no others."""
    for name in [name for name, spec in KINDS.items() if spec.dist]:
        del KINDS[name]
    KINDS.update((spec.name, replace(spec, dist=dist)) for dist, spec in others)


def recipe_class(kind: str, extras: Values) -> type[Recipe]:
    """The record of a kind's recipe; ``extras`` are a task's own additional settings with their default values."""
    base = facts(kind).settings
    fields = [(name, type(value), value) for name, value in extras.items() if name not in base.__struct_fields__]
    if not fields:
        return base
    return cast(type[Recipe], defstruct("Recipe", fields, bases=(base,), frozen=True, kw_only=True))


def typed(kind: str, extras: Values, values: Values) -> Recipe:
    """The resolved ``values`` as the kind's record, with attributes."""
    return convert(values, recipe_class(kind, extras))
