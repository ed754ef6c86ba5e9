"""The record that a task plugin returns."""

import re
from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from xh.spec.data import CANDIDATES, Hub, Source
from xh.spec.fields import mistyped
from xh.spec.kinds import KINDS, facts
from xh.spec.recipe import Values

NAME = re.compile(r"([\w.-]+:)?[a-z0-9][a-z0-9_-]{0,99}")
WORD = re.compile(rf"{NAME.pattern}(@[a-z,]+)?(\+{NAME.pattern}(@[a-z,]+)?)*")
"""The name of a mixture, or of a task in certain languages."""
RESERVED = ("none", "all")
MULTILINGUAL = "mul"
"""ISO 639-2's code for several languages."""
HELD_OUT = 20
"""Where the dev set is a part of the train split, it is every 20th example."""


class TaskSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A data set with a kind, languages and a metric, in the role *intermediate*, *target*, or both.

    name, aliases   how it is asked for; ``official`` is its folder name in XTREME's submission layout, a relative path
                    without ``..``
    kind            the name of a kind: a built-in one, or one that a plugin's ``xh_kinds()`` returns
    languages       XTREME's two-letter codes; of training data for an intermediate task, of test data for a target
    data            ``Hub`` or ``Files``, or several of them, whose rows are one data set
    columns         the kind's column -> the data's column, where they differ in name; it may hold ``{lang}``
    labels          label names in the order of the data's integers (string labels are looked up by name); an
                    intermediate task of kind ``tag`` without them has those of its train and dev data, sorted
    metric          the kind's metric that counts, or ``"module:function"``: ``(predictions, references) -> percent``;
                    ``"<rules>.<metric>"`` where a kind knows several rules (``span``: ``mlqa.f1``, ``squad_v2.f1``)
    train_from      the task whose English train (and dev, where this one has none) split a target is fine-tuned on;
                    several are learnt one after the other, with the head carried over between those of one kind and
                    with the same labels. A target of a kind that is not trained is tested after them
    pool            where the candidates of kind ``rank`` lie: one data set for all languages, or where its places hold
                    ``{lang}`` those of every language of the task together, whatever languages are tested
    translated      by language, where data are that do not lie with the others: machine-translated training data, or
                    all splits of a language that these lack
    learnt          the languages of training, where they are not English alone (``mnli@en,de``)
    parts           the tasks of a mixture
    rows            official number of rows per role, one number or one per language; a difference is reported
    recipe          defaults for the kind's settings; for a plugin's own kind also new settings (a built-in kind has no
                    others than its own: nothing would read them)
    variants        settings that change the record: name -> choice -> fields that the choice replaces; the first choice
                    is the default, others are taken with ``--set TASK.NAME=CHOICE``
    reason          why scores on this data are never comparable with published ones, where that is so
    version         raise it when the task's code changes its results
    dist            the distribution that registers the task, which xh fills in; empty for xh's own
    """

    name: str
    kind: str
    roles: tuple[Literal["intermediate", "target"], ...]
    languages: tuple[str, ...]
    data: Source | tuple[Source, ...]
    metric: str
    columns: dict[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    train_from: str | tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    official: str | None = None
    pool: Source | None = None
    translated: dict[str, Source] = field(default_factory=dict)
    train_languages: tuple[str, ...] = field(default=(), name="learnt")
    parts: tuple["TaskSpec", ...] = ()
    rows: dict[str, int | dict[str, int]] = field(default_factory=dict)
    recipe: Values = field(default_factory=dict)
    variants: dict[str, dict[str, Values]] = field(default_factory=dict)
    reason: str | None = None
    title: str = ""
    licence: str = ""
    citation: str = ""
    version: int = 1
    dist: str = ""

    def __post_init__(self) -> None:
        try:
            problems = list(_problems(self))
        except (TypeError, AttributeError):
            problems = list(mistyped(self))
            if not problems:
                raise
        if problems:
            raise ValueError(f"task {self.name!r}: " + "; ".join(problems))

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the rows come from, one source after the other."""
        return self.data if isinstance(self.data, tuple) else (self.data,)

    def sources_of(self, split: str, lang: str) -> tuple[Source, ...]:
        """Where a split's rows in one language come from."""
        if split == CANDIDATES:
            return (self.pool,) if self.pool else ()
        own = self.translated.get(lang)
        return (own,) if own and split in own.splits else self.sources

    @property
    def all_sources(self) -> tuple[Source, ...]:
        """The sources of all splits and translations."""
        return (*self.sources, *self.translated.values(), *((self.pool,) if self.pool else ()))

    @property
    def pool_languages(self) -> tuple[str, ...]:
        """The languages in which the candidates are read; ``mul`` is one set for all."""
        if not self.pool:
            return ()
        places = [self.pool.config or ""] if isinstance(self.pool, Hub) else self.pool.paths
        return self.languages if any("{lang}" in place for place in places) else (MULTILINGUAL,)

    @property
    def steps(self) -> tuple[str, ...]:
        """The tasks that a target is trained on, one after the other, where they are others than itself."""
        return (self.train_from,) if isinstance(self.train_from, str) else self.train_from or ()

    @property
    def base(self) -> str:
        """The task's name without languages."""
        return self.name.partition("@")[0]

    @property
    def full_name(self) -> str:
        """``dist:name`` of a third party's task, however it is called in this run; of a built-in one its name."""
        if "+" in self.name and any(part.dist for part in self.parts):
            return "+".join(part.full_name for part in self.parts)
        return f"{self.dist}:{self.name.rpartition(':')[2]}" if self.dist else self.name

    @property
    def members(self) -> tuple["TaskSpec", ...]:
        """The tasks of a mixture; of any other task itself."""
        return self.parts or (self,)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits (train, dev, test) that all sources have, and where there is a pool its candidates."""
        if self.parts:
            return tuple(split for split in ("train", "dev") if all(split in part.splits for part in self.parts))
        first, *others = self.sources
        shared = (split for split in first.splits if all(split in other.splits for other in others))
        return (*shared, CANDIDATES) if self.pool else tuple(shared)

    @property
    def shares_train(self) -> bool:
        """Whether the dev set is a part of the train split, held out of it."""
        return "train" in self.splits and all(each.splits.get("dev") == each.splits["train"] for each in self.sources)

    @property
    def settings(self) -> Values:
        """The task's own settings and defaults: those of its recipe, and the default choice of each variant."""
        return {name: next(iter(choices)) for name, choices in self.variants.items()} | self.recipe

    def in_language(self, lang: str) -> "TaskSpec":
        """The record with the names that the data's columns have in a language."""
        if not any("{lang}" in column for column in self.columns.values()):
            return self
        return replace(self, columns={ours: theirs.replace("{lang}", lang) for ours, theirs in self.columns.items()})

    @property
    def folder(self) -> str:
        """The task's folder name in XTREME's submission layout."""
        return self.official or self.name.rpartition(":")[2]

    @property
    def label_column(self) -> str:
        """The data's column of labels."""
        column = facts(self.kind).label_column
        return self.columns.get(column, column)

    def official_rows(self, role: str, lang: str) -> int | None:
        """How many rows the official data have, where the record says so."""
        count = self.rows.get(role)
        return count.get(lang) if isinstance(count, dict) else count


def is_plain(name: str) -> bool:
    """Whether a path stays below the folder that it is put in."""
    return all(part not in ("", ".", "..") for part in name.split("/")) and not set(name) & {"\0", "\\"}


def _misplaced(source: Source) -> Iterator[str]:
    """What is wrong with the names of a source's files."""
    if isinstance(source, Hub):
        filled = [source.config] if source.config else []
        parts = [source.id, *source.codes.values(), *filled]
    else:
        filled = [*source.paths, *([source.url] if source.url else [])]
        parts = [*source.paths]
    for part in (*parts, *source.splits.values()):
        if not is_plain(part):
            yield f"{part!r} is not a place below the data folder: it must be relative, without .. and empty parts"
    for text in filled:
        try:
            text.format(lang="en", split="train")
        except (LookupError, ValueError, AttributeError) as error:
            yield f"{text!r} can't be filled in with lang and split: {type(error).__name__} {error}"


def _problems(task: TaskSpec) -> Any:
    if not (WORD if task.train_languages or task.parts else NAME).fullmatch(task.name):
        yield "a name is lower-case letters, digits, - and _"
    if taken := {task.name, *task.aliases} & {*RESERVED}:
        yield f"{' and '.join(sorted(taken))} can't be a task's name: it means something else"
    if not task.roles:
        yield "roles is empty"
    if not task.languages:
        yield "languages is empty"
    if wrong := [lang for lang in task.languages if "/" in lang or not is_plain(lang)]:
        yield f"language {wrong[0]!r} can't be part of a file's name"
    folders = (fields.get("official") for choices in task.variants.values() for fields in choices.values())
    if wrong := [folder for folder in (task.official, *folders) if folder is not None and not is_plain(str(folder))]:
        yield f"official {wrong[0]!r} is not the name of a folder: it must be relative, without .. and empty parts"
    for source in task.all_sources:
        yield from _misplaced(source)
    if not task.sources and not task.parts:
        yield "data is empty"
        return
    known = facts(task.kind)  # of a plugin's kind nothing yet; the registry makes the record once more
    from_data = known.labels_in and not task.labels and task.roles == ("intermediate",)
    if known.labelled and len(set(task.labels)) < 2 and not from_data:
        yield f"kind {task.kind!r} needs at least two different labels"
    unknown = set(task.columns) - {*known.columns}
    if known.columns and unknown:
        yield f"kind {task.kind!r} has no column {', '.join(sorted(unknown))}"
    if known.text and "target" in task.roles:
        yield f"kind {task.kind!r} predicts nothing: its task can't be a target"
    for name, choices in task.variants.items():
        if not choices:
            yield f"variant {name!r} has no choices"
        for choice, fields in choices.items():
            if wrong := sorted(fields.keys() - {*TaskSpec.__struct_fields__} | fields.keys() & {"name", "variants"}):
                yield f"variant {name!r} can't replace {', '.join(wrong)} by {choice!r}"
    if "intermediate" in task.roles and "train" not in task.splits:
        yield "an intermediate task needs a train split"
    if "target" in task.roles and "test" not in task.splits:
        yield "a target task needs a test split"
    if "target" in task.roles and task.kind == "rank" and not (task.pool and CANDIDATES in task.pool.splits):
        yield "a target task of kind 'rank' needs a pool with the split candidates"
    trained = task.kind in KINDS and known.trained
    if "target" in task.roles and trained and not task.train_from and "train" not in task.splits:
        yield "a target task of this kind needs train_from or a train split of its own"
