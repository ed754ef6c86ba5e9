"""BUCC bitext mining: from scored sentence pairs to id pairs, their threshold, and their F1.

The way of one language: `unique_ids` on both sides, `id_scores` of the mined pairs, `best_threshold` on the dev gold,
`extract` on the test pairs, `bucc_f1`.

Source: Zweigenbaum et al. 2018; XTREME `evaluate.py` (`bucc_f1`) and `third_party/utils_retrieve.py` (`bucc_eval`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Set

from xh.metrics.lines import read_lines
from xh.metrics.overlap import OverlapScore, fractions, overlap

Pair = tuple[str, ...]
"""Source id and target id. A malformed line of a file is a tuple of another length, which matches nothing."""


def read_pairs(text: str) -> set[Pair]:
    """Return the id pairs of a file with `source id<TAB>target id` lines; a blank line is the (wrong) pair `("",)`."""
    return {tuple(line.strip().split("\t")) for line in read_lines(text)}


def bucc_f1(predictions: Set[Pair], golds: Set[Pair]) -> OverlapScore:
    """Score predicted id pairs against gold ones, each pair once; all three values are 0 if none is right."""
    return overlap(predictions, golds)


def unique_ids(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return `{sentence: id}` of `(id, sentence)` rows, sentences stripped, those that occur twice or more left out."""
    stripped = [(sentence.strip(), key) for key, sentence in rows]
    count = Counter(sentence for sentence, _ in stripped)
    return {sentence: key for sentence, key in stripped if count[sentence] == 1}


def id_scores(
    candidates: Iterable[tuple[float, str, str]], source: Mapping[str, str], target: Mapping[str, str]
) -> dict[Pair, float]:
    """Return `{(source id, target id): score}` of mined `(score, source sentence, target sentence)` rows.

    Sentences without an id in `source` or `target` (see `unique_ids`) are skipped; of a repeated pair the higher score
    counts, at the place of its first.
    """
    scores: dict[Pair, float] = {}
    for score, left, right in candidates:
        if left in source and right in target:
            pair = (source[left], target[right])
            scores[pair] = max(score, scores.get(pair, score))
    return scores


def best_threshold(scores: Mapping[Pair, float], golds: Set[Pair]) -> float:
    """Return the score from which on candidates should be kept for the highest F1 on `golds`.

    Candidates are walked by falling score, equal scores in the order of `scores`; of equal F1 the first cut wins. The
    threshold lies half way between the last kept candidate and the next; without any right candidate it is 0. If every
    candidate is kept there is no next: the official script then ends with an IndexError, here the threshold is the
    last candidate's own score, which keeps all of them as well.
    """
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    right, best, threshold = 0, 0.0, 0.0
    for rank, (pair, score) in enumerate(ranked, start=1):
        right += pair in golds
        found, *_ = fractions(right, rank, len(golds))
        if found > best:
            following = ranked[rank][1] if rank < len(ranked) else score
            best, threshold = found, (score + following) / 2
    return threshold


def extract(scores: Mapping[Pair, float], threshold: float) -> list[Pair]:
    """Return the pairs that score at least `threshold`, in the order of `scores`."""
    return [pair for pair, score in scores.items() if score >= threshold]
