"""Which dev evaluation each policy takes: a function of those so far, which every checkpoint has."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from xh.kinds.base import Scores
from xh.spec import Learning
from xh.training.transformers_internals import remembered

LAST = "last"


class DevEvaluation(NamedTuple):
    """A step, and by policy the dev scores after it, the one that selects first."""

    step: int
    dev: dict[str, Scores]


def select_checkpoints(state: Any, recipe: Learning) -> dict[str, DevEvaluation]:
    """What each policy takes of the looks in a Trainer's ``state``, as far as there are dev data for it."""
    seen = _looks(state)
    policies = [policy for policy in recipe.policies if policy == LAST or (seen and policy in seen[0].dev)]
    return {
        policy: _last(state.global_step, seen) if policy == LAST else seen[_best(seen, policy, recipe.patience)]
        for policy in policies
    }


def ended(state: Any, recipe: Learning) -> bool:
    """Whether patience ends the training; one whose policies are compared goes on, for others would have."""
    seen = _looks(state)
    if not seen or not recipe.patience or recipe.compare:
        return False
    return len(seen) - 1 - _best(seen, recipe.select, recipe.patience) >= recipe.patience


def _looks(state: Any) -> list[DevEvaluation]:
    return [DevEvaluation(entry["step"], entry["dev"]) for entry in remembered(state) if "dev" in entry]


def _last(step: int, seen: Sequence[DevEvaluation]) -> DevEvaluation:
    return seen[-1] if seen and seen[-1].step == step else DevEvaluation(step, {})


def _best(seen: Sequence[DevEvaluation], policy: str, patience: int) -> int:
    """The best look, the first of equals; so many in a row without gain end the search, if any do."""
    scores = [next(iter(look.dev[policy].values())) for look in seen]
    best = 0
    for number, score in enumerate(scores):
        if score > scores[best]:
            best = number
        elif patience and number - best >= patience:
            break
    return best
