"""The trainings of a plan: what each reads, and by which languages its checkpoint is selected."""

from collections.abc import Iterator

from msgspec import Struct

from xh.plan.inventory import Inventory, Need
from xh.plan.recipes import Resolved
from xh.spec import AppliedMethod, Learning, TaskSpec, UsageError
from xh.spec.data import DataSplit
from xh.spec.kinds import facts
from xh.spec.recipe import ORACLE
from xh.spec.stage import Phase
from xh.spec.train_languages import dev_languages, other_languages, train_languages


class PlannedTraining(Struct, frozen=True, kw_only=True):
    """A training of ``task``, before its parent and seed are known; ``methods`` are those that change it.

    ``train``, ``dev``: the tasks whose splits it reads. ``langs``: those that a target is tested in; an oracle selects
    by the dev sets of those that it is not trained in. ``step``: that it is one of several, and which;
    ``with_head``: that it goes on with the head of the one before.
    """

    phase: Phase
    task: TaskSpec
    train: TaskSpec
    dev: TaskSpec
    recipe: Resolved
    langs: tuple[str, ...] = ()
    methods: tuple[AppliedMethod, ...] = ()
    step: str | None = None
    with_head: bool = False

    def needs(self) -> Iterator[Need]:
        """The train splits and, where checkpoints are selected by them, the dev splits."""
        for task in self.train.members:
            yield from _in_each(train_languages(task), task, "train")
        policies = self.recipe.record.policies if isinstance(self.recipe.record, Learning) else ()
        if "english-dev" in policies:
            for task in self.dev.members:
                yield from _in_each(dev_languages(task, self.train), task, "dev")
        if ORACLE in policies:
            others = other_languages(self.dev, self.train, self.langs)
            yield from (Need(DataSplit(self.dev.name, "dev", lang), optional=True) for lang in others)

    def check_oracle(self) -> None:
        """Raise if it is to be selected by other languages, and the run has none with a dev set."""
        if not self._by_oracle or other_languages(self.dev, self.train, self.langs):
            return
        dev, able = self.dev, other_languages(self.dev, self.train, self.dev.languages)
        if able:
            trained_in = ", ".join(dev_languages(dev, self.train))
            why = f"It is trained in {trained_in}, and the run tests {', '.join(self.langs)}."
        elif "dev" in dev.splits:
            why = f"The dev set, {dev.name}'s, is in {', '.join(dev.languages)}."
        else:
            why = f"{dev.name} has no dev set."
        raise UsageError(
            f"{self.task.name}.select = {ORACLE}, but there is no dev set in another language to select by.",
            why=why,
            todo=(f"Name some of {', '.join(able)} with --langs, or use" if able else "Use")
            + f" --set {self.task.name}.select={'english-dev' if 'dev' in dev.splits else 'last'}.",
        )

    def lost_to_oracle(self, inventory: Inventory) -> dict[DataSplit, tuple[str, ...]]:
        """Why it can't be selected by other languages: all their dev sets are missing."""
        others = other_languages(self.dev, self.train, self.langs) if self._by_oracle else ()
        splits = [DataSplit(self.dev.name, "dev", lang) for lang in others]
        if not inventory.missing.keys() >= set(splits):
            return {}
        without = f"; {self.task.name}.select = english-dev needs no such data"
        return {split: tuple(reason + without for reason in inventory.missing[split]) for split in splits}

    @property
    def _by_oracle(self) -> bool:
        return isinstance(self.recipe.record, Learning) and self.recipe.record.select == ORACLE


def _in_each(langs: tuple[str, ...], task: TaskSpec, split: str) -> Iterator[Need]:
    """Of running text in all languages that a task has, some may be missing."""
    optional = facts(task.kind).text and not task.train_languages
    return (Need(DataSplit(task.name, split, lang), optional) for lang in langs)
