"""LAReQA of XTREME-R: a question's answers in all languages are ranked among all candidate sentences.

Source: Roy et al. 2020 (arXiv 2004.05484); XTREME `third_party/utils_lareqa.py`.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from statistics import fmean

K = 20


def ranking(scores: Sequence[float]) -> list[int]:
    """Return the positions of `scores` by falling score; of equal ones the later comes first."""
    return sorted(range(len(scores)), key=lambda position: (scores[position], position), reverse=True)


def average_precision(relevant: Collection[Hashable], ranked: Sequence[Hashable], k: int | None = None) -> float:
    """Return the average precision (0..1) of a ranking, cut after `k` places if given.

    The precisions at the places of relevant things are summed and divided by `min(len(relevant), k)`. A thing that is
    ranked more than once counts the first time; the repetitions take up places.

    Raises ValueError if nothing is relevant.
    """
    if not relevant:
        raise ValueError("average precision needs something relevant")
    left, right, total = set(relevant), 0, 0.0
    for place, thing in enumerate(ranked[:k], start=1):
        if thing in left:
            left.remove(thing)
            right += 1
            total += right / place
    return total / min(len(relevant), k or len(relevant))


def mean_average_precision(
    rankings: Iterable[tuple[Collection[Hashable], Sequence[Hashable]]], k: int | None = K
) -> float:
    """Return the mean `average_precision` in percent over questions, each as what is relevant and what was ranked.

    Raises ValueError if there is no question, or one for which nothing is relevant.
    """
    values = [average_precision(relevant, ranked, k) for relevant, ranked in rankings]
    if not values:
        raise ValueError("mean average precision of no questions is undefined")
    return 100.0 * fmean(values)
