"""What is checked: a task with its data, its kind and a tokenizer."""

from collections.abc import Iterator
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from xh.data.locate import locate
from xh.data.places import places, reading
from xh.kinds.base import Kind, kind_of
from xh.kinds.supervised import TrainedKind, trained_kind
from xh.mini import ENCODER
from xh.model.tokenizer import load_tokenizer
from xh.plan.inventory import Inventory, Need, readable, take_inventory
from xh.plan.recipes import resolve
from xh.plan.settings import Profile, profiles
from xh.plugins.manager import load as load_plugins
from xh.plugins.registry import Registry
from xh.spec import Locations, TaskSpec
from xh.spec.examples import Examples, Features
from xh.spec.kinds import facts
from xh.stage.labels import labelled
from xh.stage.load import load_examples

ROWS = 16
"""Rows of each split and language that are tokenised and scored."""

Place = tuple[str, str]
"""A split (train, dev, test) and a language."""


class Subject:
    """A task and its data in ``site``.

    ``shared``: how many rows may be in two splits, where the official data are so.
    """

    def __init__(self, task: TaskSpec, locations: Locations, registry: Registry, shared: int = 0) -> None:
        self.record, self.locations, self.registry, self.shared = task, locations, registry, shared

    @cached_property
    def task(self) -> TaskSpec:
        """The record, with the labels of its data where it names none."""
        return labelled(self.record, self.places, self.registry, self.locations)

    @cached_property
    def kind(self) -> Kind:
        """The task's kind."""
        return kind_of(self.record)

    @property
    def trained(self) -> TrainedKind:
        """The same as one that is trained."""
        return trained_kind(self.record)

    @cached_property
    def recipe(self) -> Any:
        """The task's own settings, and the further models of the profile ``mini``, which are there.

        No limit on the length of answers, which gold ones need not keep.
        """
        values = resolve(self.record, Profile(), {})
        small = resolve(self.record, profiles()["mini"], {}).values
        own = {name: small[name] for name in facts(self.record.kind).models}
        longest = {"max_answer": 10_000} if "max_answer" in values.values else {}
        return resolve(self.record, Profile(), {self.record.name: own | longest}).record

    @cached_property
    def inventory(self) -> Inventory:
        """Which of the splits and languages that runs could read are there."""
        needs = map(Need, readable(self.record))
        return take_inventory(needs, {self.record.name: self.record}, self.locations, download=True)

    @property
    def predicts(self) -> bool:
        """Whether there is anything to score: of running text nothing is predicted."""
        return not facts(self.record.kind).text

    @property
    def places(self) -> list[Place]:
        """Those that are there."""
        return [(split, lang) for _, split, lang in self.inventory.there]

    def paths(self, place: Place) -> list[Path]:
        """The files of a split."""
        return locate(self.record, *place, self.locations)

    def examples(self, place: Place) -> Examples:
        """All examples, checked by the kind; raises :class:`~xh.spec.MissingError` for what does not fit."""
        return _loaded(self, place)

    def some(self, place: Place) -> Examples:
        """As many examples as are worth tokenising; all where nothing is tokenised."""
        examples = self.examples(place)
        return self.kind.limit(examples, ROWS) if facts(self.task.kind).trained else examples

    def features(self, examples: Examples, *, train: bool) -> Features:
        """The kind's features from the embedded encoder's tokenizer."""
        return self.trained.features(examples, tokenizer(), self.recipe, train=train)


@lru_cache(maxsize=64)
def _loaded(subject: Subject, place: Place) -> Examples:
    """One task's languages at a time stay in memory."""
    return load_examples(subject.registry, subject.locations, subject.task, *place)


@cache
def tokenizer() -> Any:
    """The embedded encoder's tokenizer."""
    return load_tokenizer(ENCODER)


@cache
def installed() -> Registry:
    """All installed plugins."""
    return Registry(load_plugins())


def subjects(dist: str, data: str, shared: dict[str, int] | None = None) -> Iterator[Subject]:
    """The tasks of a distribution; ``data`` is ``hub``, ``sample`` or a folder, as of ``--data``."""
    locations = reading(places(data), installed())
    for _, claim in installed().tasks:
        if claim.dist == dist:
            yield Subject(claim.record, locations, installed(), (shared or {}).get(claim.record.name, 0))
