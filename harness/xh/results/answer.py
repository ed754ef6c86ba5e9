"""The answer in words: what results say to their question, and no more than their intervals carry."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import sqrt

from msgspec import Struct

from xh.results.arms import Arms, arms
from xh.results.averages import BENCHMARKS
from xh.results.chance import at_chance
from xh.results.numbers import between, points, signed
from xh.results.records import Results, Summary, arm, column
from xh.results.significance import LEVEL, holm
from xh.results.texts import FEW, plain
from xh.spec.cell import BASELINE

GAIN, LOSS, OPEN, SEEDS = "gain", "loss", "open", "seeds"
CHANCE, UNSURE, ALONE, REFUSED = "chance", "unsure", "alone", "refused"

QUANTILES = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)
"""Of Student's t, 97.5%, for 1 degree of freedom and on; for more than 9 the last one, which is a little too wide."""

NOTHING = "No difference is shown"
UNDECIDED = {
    OPEN: "{} undecided, as it may be chance",
    SEEDS: "{} undecided, as seeds differ too much",
    UNSURE: "{} without an interval",
    CHANCE: "{} at chance with and without",
    ALONE: "{} without a baseline",
    REFUSED: "{} without averages that can be compared",
}


class Answer(Struct, frozen=True):
    """``question``: what results are asked; ``sentence``: what they say; ``caveats``: what must be known besides."""

    question: str
    sentence: str
    caveats: tuple[str, ...] = ()


class Cell(Struct, frozen=True):
    """A target's average after an arm, whose name is ``after``, with what it is made of, and the verdict on it.

    ``verdict``: ``gain`` and ``loss`` where the interval over examples excludes zero, the p-value corrected for all
    comparisons says so too, and the interval over seeds, where there are several, excludes zero. Else why there is
    none: ``open``, ``seeds``, ``unsure`` (no interval), ``chance``, ``alone`` (no baseline), ``refused`` (no average).
    """

    after: str
    average: Summary
    langs: tuple[Summary, ...]
    reason: str
    verdict: str


def answer(results: Results, question: str = "") -> Answer:
    """The question that results answer, unless it is given, the answer, and its caveats, as plain text."""
    cells = _cells(results)
    sentence = _of_nothing(results) if not cells else _of_one(cells[0]) if len(cells) == 1 else _of_several(cells)
    return Answer(plain(question or _question(cells)), plain(sentence), tuple(map(plain, _caveats(results, cells))))


def _cells(results: Results) -> list[Cell]:
    """Each average that is compared with a baseline, or should be."""
    found = [each for each in results.summaries if column(each) != BASELINE and each.target not in BENCHMARKS]
    averages = [each for each in found if each.lang is None and each.metric is None]
    reasons = {average.stages: average.reasons for average in results.averages}
    langs: dict[tuple[object, str], list[Summary]] = {}
    for each in found:
        if each.lang and each.main:
            langs.setdefault((arm(each), each.target), []).append(each)
    verdicts, named = _verdicts(averages), arms(averages)
    return [
        Cell(
            after=_name(each, named),
            average=each,
            langs=tuple(one for one in langs.get((arm(each), each.target), ()) if {*one.stages} <= {*each.stages}),
            reason=next((why[-1] for stages, why in reasons.items() if why and {*stages} <= {*each.stages}), ""),
            verdict=verdict,
        )
        for each, verdict in zip(averages, verdicts, strict=True)
    ]


def _name(each: Summary, named: Arms) -> str:
    return named.label(each) if each.inter != BASELINE else named.label(each).replace(f"{BASELINE} · ", "")


def _verdicts(shown: Sequence[Summary]) -> list[str]:
    """What each difference carries; p-values are corrected for all that are shown."""
    corrected = iter(holm([each.p_examples for each in shown if each.p_examples is not None]))
    return [_verdict(each, None if each.p_examples is None else next(corrected)) for each in shown]


def _verdict(each: Summary, p: float | None) -> str:
    if each.mean is None:
        return REFUSED
    if each.delta is None:
        return ALONE
    if each.at_chance and at_chance(each.baseline, each.chance, each.n):
        return CHANCE
    if each.ci95_examples is None or p is None:
        return UNSURE
    if p >= LEVEL or each.ci95_examples[0] <= 0 <= each.ci95_examples[1]:
        return OPEN
    return SEEDS if _seeds_differ(each) else GAIN if each.delta > 0 else LOSS


def _seeds_differ(each: Summary) -> bool:
    """Whether the 95% interval of the mean difference over seeds, by Student's t, includes zero."""
    if each.delta is None or each.delta_sd_seeds is None:
        return False
    count = len(each.seeds)
    quantile = QUANTILES[min(count - 1, len(QUANTILES)) - 1]
    return abs(each.delta) <= quantile * each.delta_sd_seeds / sqrt(count)


def _of_nothing(results: Results) -> str:
    baselines = [each for each in results.summaries if each.lang is None and each.metric is None]
    if not baselines:
        return "No evaluation is finished yet."
    known = [f"{each.target} {points(each.mean)}" for each in baselines if each.target not in BENCHMARKS]
    return f"Only baselines are finished, so nothing is compared: {', '.join(known[:FEW])}{_more(known)}."


def _of_one(cell: Cell) -> str:
    """A sentence on one comparison."""
    each, after, numbers = cell.average, cell.after, _numbers(cell)
    once = len(each.seeds) == 1
    helps, hurts = ("helped", "hurt") if once else ("helps", "hurts")
    where = " in this one training" if once else ""
    up, down = _sure(cell.langs)
    if up and down and cell.verdict in (GAIN, LOSS, OPEN):
        both = f"{after} {helps} {each.target} in some languages and {hurts} it in others{where}"
        return f"The picture is mixed: {both}; {numbers}."
    sentences = {
        GAIN: f"Yes: {after} {helps} {each.target}{where}; {numbers}.",
        LOSS: f"No: {after} {hurts} {each.target}{where}; {numbers}.",
        OPEN: f"Undecided: with {after} first, {each.target} is neither clearly better nor worse; {numbers}.",
        SEEDS: f"Undecided: what {after} does to {each.target} differs too much from seed to seed; {numbers}.",
        UNSURE: f"Not known: {numbers}; there is no interval, so this may be chance.",
        CHANCE: f"Nothing can be said: {each.target} is at chance with and without {after}, {_against(each)}.",
        ALONE: f"Not known: {each.target} is at {points(each.mean)} after {after}, but no baseline is finished.",
        REFUSED: f"Not known: {each.target} after {after} has no average that can be compared{_because(cell)}.",
    }
    return sentences[cell.verdict]


def _because(cell: Cell) -> str:
    return f" ({cell.reason})" if cell.reason else ""


def _against(each: Summary) -> str:
    return f"{points(each.mean)} against {points(each.baseline)}, where guessing scores {points(each.chance)}"


def _numbers(cell: Cell) -> str:
    """``mean +1.9 points over 15 languages, 95% interval [+1.2, +2.6] over examples, sd 0.4 over 3 seeds, …``."""
    each = cell.average
    parts = [f"mean {signed(each.delta)} points over {_count(cell.langs, 'language')}"]
    parts += [f"95% interval {between(each.ci95_examples)} over examples"] if each.ci95_examples else []
    parts += [f"sd {each.delta_sd_seeds:.1f} over {len(each.seeds)} seeds"] if each.delta_sd_seeds is not None else []
    up, down = _sure(cell.langs)
    known = [each for each in cell.langs if each.ci95_examples]
    by_language = f"beyond chance better in {up} and worse in {down} of {_count(known, 'language')}"
    return ", ".join(parts) + (f"; {by_language}" if len(known) > 1 else "")


def _sure(langs: Sequence[Summary]) -> tuple[int, int]:
    """In how many languages there is a gain and a loss, by intervals over examples; corrected for all of them."""
    counts = Counter(_verdicts(langs))
    return counts[GAIN], counts[LOSS]


def _of_several(cells: Sequence[Cell]) -> str:
    """How many comparisons show what, and the largest of them."""
    counts = Counter(cell.verdict for cell in cells)
    others = [text.format(counts[verdict]) for verdict, text in UNDECIDED.items() if counts[verdict]]
    gains, losses = counts[GAIN], counts[LOSS]
    shown = f"better in {gains} and worse in {losses} of {len(cells)} comparisons"
    words = "Yes" if gains == len(cells) else "In part" if gains else "No gain is shown" if losses else NOTHING
    sure = [cell for cell in cells if cell.verdict in (GAIN, LOSS)]
    whole = "; ".join([shown, *([", ".join(others)] if others else [])])
    return " ".join([f"{'Mixed' if gains and losses else words}: {whole}.", *_extremes(sure)])


def _extremes(sure: Sequence[Cell]) -> Iterator[str]:
    """The largest gain and the largest loss."""
    for verdict in (GAIN, LOSS):
        found = [cell for cell in sure if cell.verdict == verdict]
        if found:
            cell = max(found, key=lambda cell: abs(cell.average.delta or 0))
            each = cell.average
            numbers = f"{signed(each.delta)} {between(each.ci95_examples or (0, 0))}"
            yield f"Largest {verdict}: {cell.after} → {each.target}, {numbers} points."


def _question(cells: Sequence[Cell]) -> str:
    if not cells:
        return "Does training on another task first help in other languages?"
    inters = dict.fromkeys(cell.average.inter for cell in cells if cell.average.inter != BASELINE)
    methods = dict.fromkeys(cell.average.method for cell in cells)
    targets = _listed(dict.fromkeys(cell.average.target for cell in cells), "and", "targets")
    first = f"training on {_listed(inters, 'or', 'intermediate tasks')} first"
    what = first if inters else f"{_listed(methods, 'or', 'methods')} in training"
    return f"Does {what} make {targets} better in other languages?"


def _caveats(results: Results, cells: Sequence[Cell]) -> Iterator[str]:
    sure = [cell for cell in cells if cell.average.ci95_examples]
    if any(len(cell.average.seeds) == 1 for cell in sure):
        yield "Intervals are over examples; with one seed they do not say how much trainings differ."
    if len(sure) > 1:
        yield f"Better and worse: p < {LEVEL} over examples (paired bootstrap), corrected by Holm for all {len(sure)}."
    if any("unlike" in row.protocol for row in results.rows):
        yield "Some differences are between stages that were computed differently; the notes say which."
    if some := sum(not row.comparable for row in results.rows):
        which = "The scores" if some == len(results.rows) else f"{some} of {len(results.rows)} scores"
        yield f"{which} cannot be compared with published XTREME scores; the notes say why."


def _count(found: Sequence[object], noun: str) -> str:
    return f"{len(found)} {noun}{'' if len(found) == 1 else 's'}"


def _listed(names: Iterable[str], last: str, noun: str) -> str:
    """``a, b and c``; of many names only how many."""
    *first, end = names
    if len(first) >= FEW:
        return f"{len(first) + 1} {noun}"
    return f"{', '.join(first)} {last} {end}" if first else end


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - FEW} more" if len(names) > FEW else ""
