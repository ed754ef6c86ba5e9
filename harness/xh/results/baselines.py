"""The evaluations that others are compared with: the same target, on the same data, without an intermediate phase."""

from functools import cache

from xh.results.evaluation import Evaluation, read
from xh.spec import Stage
from xh.store import Store


class Baselines:
    """Finds them in one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        evaluations = store.evaluations()
        stages = {stage.id: [stage] for found in evaluations.values() for stage in found}
        self._named = stages | evaluations
        self._scores = cache(self._read)

    def stage(self, stage: Stage, lang: str) -> str | None:
        """The stage that has an evaluation's baseline in one language; None where none is finished."""
        found = self._named.get(stage.label.baseline or "", ())
        data = stage.inputs.data_in(lang)
        return next((each.id for each in found if data and each.inputs.data_in(lang) == data), None)

    def value(self, stage: str | None, lang: str, metric: str) -> float | None:
        """A score of a baseline's stage; None without one."""
        return self._scores(stage).get((lang, metric)) if stage else None

    def of(self, evaluation: Evaluation) -> Evaluation | None:
        """The baseline of a whole evaluation, as far as it is finished."""
        stages = [part.record.stage for part in evaluation.parts]
        found = [self.stage(stage, lang) for stage in stages for lang in stage.inputs.languages]
        return read(self.store, filter(None, found), evaluation.inputs.languages)

    def _read(self, stage: str) -> dict[tuple[str, str], float]:
        found = read(self.store, [stage])
        return {(score.lang, score.metric): score.value for score in found.parts[0].scores.scores} if found else {}
