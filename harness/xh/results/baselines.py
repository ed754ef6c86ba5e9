"""Baselines: evaluations of the same target on the same data, without an intermediate phase."""

from collections.abc import Mapping, Sequence
from functools import cache

from xh.results.evaluation import Evaluation, read, within
from xh.spec import Stage
from xh.store import Store


class Baselines:
    """Finds them in one store, among its ``evaluations``."""

    def __init__(self, store: Store, evaluations: Mapping[str, Sequence[Stage]]) -> None:
        stages = {stage.id: [stage] for found in evaluations.values() for stage in found}
        self._named = stages | dict(evaluations)
        self._read = cache(lambda stage: read(store, [stage]))

    def find(self, stage: Stage, lang: str) -> Evaluation | None:
        """The baseline of an evaluation's stage in one language, with all that its stage has; None if there is none."""
        found = self._named.get(stage.purpose.baseline or "", ())
        data = stage.inputs.contents_in(lang)
        return next((self._read(each.id) for each in found if data and each.inputs.contents_in(lang) == data), None)

    def of(self, evaluation: Evaluation) -> Evaluation | None:
        """The baseline of a whole evaluation, as far as it is finished."""
        stages = [part.record.stage for part in evaluation.parts]
        found = [(self.find(stage, lang), lang) for stage in stages for lang in stage.inputs.languages]
        parts = [part for each, lang in found if each and (one := within(each, [lang])) for part in one.parts]
        return Evaluation(tuple(parts), next(each.ancestors for each, _ in found if each)) if parts else None
