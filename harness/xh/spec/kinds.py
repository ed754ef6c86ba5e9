"""The light facts of each built-in kind; the code is in ``xh.kinds``."""

from typing import cast

from msgspec import Struct, convert, defstruct

from xh.spec.recipe import MultiTaskTraining, Recipe, Retrieval, SpanTraining, TextTraining, Training, Values


class KindFacts(Struct, frozen=True):
    """What the plan must know of a kind: its columns, its recipe and where its code is (``module:attr``).

    ``text``: running text, learnt in all of a task's languages at once. ``labelled``: its tasks name their labels.
    ``labels_in``: the column of lists whose values are the labels of an intermediate task that names none. ``version``:
    raise it when the kind's code or a default of its recipe changes results; stages of other versions are made anew.
    ``pooled``: candidates are searched over all languages at once, so that an evaluation can't be made by language.
    """

    code: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    recipe: type[Recipe] = Training
    trained: bool = True
    text: bool = False
    labelled: bool = False
    labels_in: str | None = None
    version: int = 1
    pooled: bool = False

    @property
    def label_column(self) -> str:
        """The kind's column of labels."""
        return self.labels_in or "label"


KINDS: dict[str, KindFacts] = {
    "classify": KindFacts("xh.kinds.classify:Classify", ("text_a", "label"), ("text_b",), labelled=True),
    "tag": KindFacts("xh.kinds.tag:Tag", ("tokens", "tags"), labelled=True, labels_in="tags"),
    "choice": KindFacts("xh.kinds.choice:Choice", ("text", "choices", "label")),
    "span": KindFacts("xh.kinds.span:Span", ("id", "context", "question", "answers"), recipe=SpanTraining),
    "mlm": KindFacts("xh.kinds.mlm:MaskedLM", ("text",), recipe=TextTraining, text=True),
    "mixture": KindFacts("xh.kinds.base:Mixture", recipe=MultiTaskTraining),
    "bitext": KindFacts(
        "xh.kinds.bitext:Bitext",
        optional=("source", "target", "side", "id", "sentence", "match"),
        recipe=Retrieval,
        trained=False,
    ),
}


def facts(kind: str) -> KindFacts:
    """The facts of a built-in kind, or those of a plugin's own kind given as ``module:attr``.

    A plugin's kind is trained and its columns are its own affair. It may search all languages at once.
    """
    return KINDS[kind] if kind in KINDS else KindFacts(code=kind, pooled=True)


def recipe_class(kind: str, extras: Values) -> type[Recipe]:
    """The record of a kind's recipe; ``extras`` are a task's own additional settings with their default values."""
    base = facts(kind).recipe
    fields = [(name, type(value), value) for name, value in extras.items() if name not in base.__struct_fields__]
    if not fields:
        return base
    return cast(type[Recipe], defstruct("Recipe", fields, bases=(base,), frozen=True, kw_only=True))


def typed(kind: str, extras: Values, values: Values) -> Recipe:
    """The resolved ``values`` as the kind's record, with attributes."""
    return convert(values, recipe_class(kind, extras))
