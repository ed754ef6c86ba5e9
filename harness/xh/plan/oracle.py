"""Selecting by the languages of the test: where that is possible, and where it means nothing."""

from collections.abc import Sequence

from msgspec.structs import replace

from xh.plan.inventory import DataSplit, Inventory, training_needs
from xh.plan.recipes import Resolved
from xh.spec import Learning, TaskSpec, UsageError
from xh.spec.recipe import ORACLE
from xh.spec.train_languages import dev_languages, other_languages

Source = tuple[TaskSpec, TaskSpec]
"""The tasks whose train and dev splits a training reads."""


def of_intermediate(recipe: Resolved) -> Resolved:
    """The recipe without what only a target's training has: other languages to select by, and to compare with."""
    if not isinstance(recipe.record, Learning):
        return recipe
    own = {"compare": False} | ({"select": "english-dev"} if recipe.record.select == ORACLE else {})
    return Resolved(recipe.values | own, recipe.origins, replace(recipe.record, **own))


def check_asked(target: TaskSpec, source: Source, langs: Sequence[str], recipe: Resolved) -> None:
    """Raise if a target is to be selected by other languages, and the run has none with a dev set."""
    train, dev = source
    if not _selects(recipe) or other_languages(dev, train, langs):
        return
    able = other_languages(dev, train, dev.languages)
    why = f"It is trained in {', '.join(dev_languages(dev, train))}, and the run tests {', '.join(langs)}."
    if not able:
        why = (
            f"The dev set, {dev.name}'s, is in {', '.join(dev.languages)}."
            if "dev" in dev.splits
            else f"{dev.name} has no dev set."
        )
    raise UsageError(
        f"{target.name}.select = {ORACLE}, but there is no dev set in another language to select by.",
        why=why,
        todo=(f"Name some of {', '.join(able)} with --langs, or say" if able else "Say")
        + f" --set {target.name}.select={'english-dev' if 'dev' in dev.splits else 'last'}.",
    )


def lost(
    target: TaskSpec, source: Source, langs: Sequence[str], recipe: Resolved, found: Inventory
) -> dict[DataSplit, tuple[str, ...]]:
    """Why a target can't be selected by other languages: all their dev sets are missing."""
    other = other_languages(source[1], source[0], langs) if _selects(recipe) else ()
    needs = [
        need for need in training_needs(*source, recipe.record, langs) if need.role == "dev" and need.lang in other
    ]
    if found.missing.keys() >= set(needs):
        without = f"; {target.name}.select = english-dev does without"
        return {need: tuple(reason + without for reason in found.missing[need]) for need in needs}
    return {}


def _selects(recipe: Resolved) -> bool:
    return isinstance(recipe.record, Learning) and recipe.record.select == ORACLE
