"""The records of a result: what ``--json`` prints and every report format gets."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from xh.results.change import ArmChange
from xh.results.provenance import Appendix, Run
from xh.results.similarity import Correlation, Similarity
from xh.results.training_log import TrainingLog
from xh.spec.cell import BASELINE, Coordinates

if TYPE_CHECKING:
    from xh.results.figure import Figure

SCHEMA = 1
Interval = tuple[float, float]
"""Lower and upper end, in points."""

SEPARATOR = "; "
"""Between the reasons of one text."""


class Score(Struct, frozen=True, kw_only=True):
    """One metric in one language as a stage's ``scores.json`` has it; ``value`` in percent, ``n`` examples.

    ``main`` is the metric that counts for the task; ``chance`` is what guessing scores, where the kind can guess.
    """

    lang: str
    metric: str
    value: float
    n: int
    main: bool = True
    chance: float | None = None


class Picked(Struct, frozen=True, kw_only=True):
    """What a policy of selection took of a training: the model after ``step``, its ``dev`` and its test ``scores``.

    ``dev``: by policy the scores that were looked at, in percent, the one that selects first.
    """

    policy: str
    step: int
    dev: dict[str, dict[str, float]]
    scores: tuple[Score, ...]


class Scores(Struct, frozen=True, kw_only=True):
    """A stage's ``scores.json``: the scores, how they were taken, and what several policies of selection took."""

    scores: tuple[Score, ...]
    protocol: dict[str, Any] = field(default_factory=dict)
    policies: tuple[Picked, ...] = ()


class Row(Struct, frozen=True, kw_only=True):
    """One score beside its baseline.

    ``inter`` and ``method`` are ``none`` for the baseline's own rows, which have neither ``baseline`` nor ``delta``.
    ``at`` is where the cell lies on the other axes; rows of older versions are at no known place.
    ``seed`` is None where nothing was trained. ``chance`` is what guessing scores, and ``at_chance`` whether ``value``
    is not above it by two standard errors; both are None where the kind can't guess. ``ci95_examples`` is the paired
    bootstrap interval of ``delta`` over examples, where what each of them adds is known. ``stage`` names the folder
    that has the predictions. ``why_not`` says why a row is not ``comparable`` with published XTREME scores.
    ``protocol`` says how the score was taken: ``encoder``, ``profile`` and ``source`` (of data) as the run named them,
    the task's ``kind``, the policy that did ``select`` the checkpoint and whether it is an ``oracle``, the ``data``
    that was read, ``device``, ``processor`` and ``precision`` of the evaluation, the kind's own entries, the
    ``baseline``'s stage, ``unlike`` where stages of the cell and its baseline were made in other precisions or on other
    kinds of device, and ``settings`` where inputs that are no axis tell apart several runs of one cell.
    """

    inter: str
    method: str = BASELINE
    at: Coordinates = Coordinates()
    target: str
    lang: str
    seed: int | None
    metric: str
    value: float
    baseline: float | None
    delta: float | None
    ci95_examples: Interval | None
    n: int
    main: bool
    chance: float | None
    at_chance: bool | None
    stage: str
    protocol: dict[str, Any]
    comparable: bool
    why_not: str | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """``why_not``, each reason by itself."""
        return _reasons(self.why_not)

    def _repr_html_(self) -> str:
        """Its fields as a table, for notebooks."""
        from xh.results.showing import listed

        return listed(self)


class Average(Struct, frozen=True, kw_only=True):
    """A target's score: the unweighted mean over its languages, for span extraction of exact match and F1 together.

    ``target`` is ``xtreme`` or ``xtreme-r`` for the mean of all tasks of that benchmark. ``langs`` are those averaged,
    ``lacking`` the task's others, unless some were asked for. ``score`` is None where the metrics cover different
    languages, or others in the table cover more; ``baseline`` where it lacks a language; ``why_not`` says so, and why
    the score is not ``comparable``. ``n`` counts the examples of all languages. ``chance`` is the same mean of what
    guessing scores; a benchmark has none. ``stages`` are those averaged.
    """

    inter: str
    method: str = BASELINE
    at: Coordinates = Coordinates()
    target: str
    seed: int | None
    langs: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    score: float | None
    baseline: float | None
    delta: float | None
    ci95_examples: Interval | None
    n: int
    chance: float | None
    at_chance: bool | None
    comparable: bool
    why_not: str | None
    stages: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """``why_not``, each reason by itself."""
        return _reasons(self.why_not)


class Summary(Struct, frozen=True, kw_only=True):
    """A score over all its seeds, as tables show it: in one language, or without ``lang`` an average.

    An average without ``metric`` is the target's score, that of ``xtreme`` or ``xtreme-r`` the benchmark's. ``mean``,
    ``baseline`` and ``delta`` are means over the ``seeds`` (none where nothing was trained), the ``sd_…`` are sample
    standard deviations over them, None for a single one, and for a baseline that is not trained. ``ci95_examples`` is
    the paired bootstrap interval of ``delta`` over examples, the same ones for all seeds, and ``p_examples`` the
    two-sided p-value of the same draws, not corrected. Seeds and examples are two sources of chance; neither number
    holds the other.
    """

    inter: str
    method: str = BASELINE
    at: Coordinates = Coordinates()
    target: str
    lang: str | None
    metric: str | None
    main: bool
    seeds: tuple[int, ...]
    mean: float | None
    sd_seeds: float | None
    baseline: float | None
    baseline_sd_seeds: float | None
    delta: float | None
    delta_sd_seeds: float | None
    ci95_examples: Interval | None
    p_examples: float | None = None
    n: int
    chance: float | None
    at_chance: bool | None
    stages: tuple[str, ...]


class Choice(Struct, frozen=True, kw_only=True):
    """A target's score with the checkpoint that one policy of selection took, where several were compared.

    ``shown``: whether the rows are this policy's. ``oracle``: whether it knows the languages of the test. ``step`` and
    ``dev`` as in ``Picked``; ``values`` by language, of the metric that counts; the others as in
    ``Average``, ``baseline`` with what the same policy took of its training.
    """

    inter: str
    method: str = BASELINE
    at: Coordinates = Coordinates()
    target: str
    seed: int | None
    policy: str
    shown: bool
    oracle: bool
    step: int
    dev: dict[str, dict[str, float]]
    values: dict[str, float]
    score: float | None
    baseline: float | None
    delta: float | None
    n: int
    chance: float | None
    at_chance: bool | None
    stage: str


class Results(Struct, frozen=True, kw_only=True):
    """Everything that is known about a run or a store."""

    schema: int = SCHEMA
    rows: tuple[Row, ...] = ()
    averages: tuple[Average, ...] = ()
    summaries: tuple[Summary, ...] = ()
    policies: tuple[Choice, ...] = ()
    similarities: tuple[Similarity, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    trainings: tuple[TrainingLog, ...] = ()
    changes: tuple[ArmChange, ...] = ()
    run: Run = Run()
    appendix: Appendix = Appendix()

    def __str__(self) -> str:
        """The table that ``xh report`` prints."""
        from xh.results.showing import written

        return written(self)

    def _repr_html_(self) -> str:
        """The page of ``xh report --format html`` in a frame of its own, for notebooks."""
        from xh.results.showing import framed

        return framed(self)

    def plot(self, view: str = "heatmap", width: str | float = 560, font: str = "sans-serif") -> "Figure":
        """A view as a picture, which notebooks show, and whose ``save`` writes SVG, PDF and PNG.

        ``view``: as ``--view`` takes it; of ``table`` the differences as dots. ``width``: in pixels, or ``84mm``,
        ``3.3in``; texts keep their size. Raises ``XhError`` for a view that is not there, and where there is nothing
        to draw.
        """
        from xh.results.showing import plotted

        return plotted(self, view, width, font)

    def frame(self) -> Any:
        """The rows as a tidy ``pandas.DataFrame``, with a column per axis."""
        from xh.results.frame import frame

        return frame(self.rows)


def column(each: Row | Average | Summary | Choice | Similarity | TrainingLog | ArmChange) -> str:
    """What tables call it: the intermediate task, and behind ``·`` the method where there is one; or ``none``."""
    return each.inter if each.method == BASELINE else f"{each.inter} · {each.method}"


def arm(each: Row | Average | Summary | Choice) -> tuple[str, str, str]:
    """A key that tells the arms of a table apart, whatever their target and seed."""
    return each.inter, each.method, repr(each.at)


def difference(value: float | None, baseline: float | None) -> float | None:
    """``value`` less ``baseline`` in points, without the noise of binary fractions; None where either is."""
    return None if value is None or baseline is None else round(value - baseline, 6)


def joined(reasons: Iterable[str]) -> str | None:
    """Reasons as the one text that files have; None where there is none."""
    return SEPARATOR.join(reasons) or None


def _reasons(why_not: str | None) -> tuple[str, ...]:
    return tuple(why_not.split(SEPARATOR)) if why_not else ()
