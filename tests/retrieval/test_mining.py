"""Bitext mining against the official code's answers."""

import numpy as np
import pytest

from helpers.embeddings import make_embeddings
from helpers.golden import read_golden
from xh.metrics.bucc import best_threshold, bucc_f1, extract, id_scores, unique_ids
from xh.retrieval import mine

STRATEGIES = ["max", "intersect", "fwd", "bwd"]


def _check(pairs, official):
    """The same pairs and scores, whatever the order: official `fwd`, `bwd` and `intersect` pairs come by row."""
    assert (np.diff(pairs["score"]) <= 0).all()
    expected = {(source, target): score for score, source, target in official}
    assert len(pairs) == len(official)
    found = {(source, target): score for score, source, target in pairs.tolist()}
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("margin", ["ratio", "distance", "absolute"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_small(strategy, margin):
    """Official `fwd` and `bwd` crash unless called in an odd way; ours just run, and answer what that way answers."""
    small = read_golden("retrieval.json")["small"]
    pairs = mine(*make_embeddings(small), margin=margin, strategy=strategy)
    _check(pairs, small["cosine"][f"mine_{strategy}_{margin}"])


def test_small_in_order():
    small = read_golden("retrieval.json")["small"]
    pairs = mine(*make_embeddings(small))
    official = small["cosine"]["mine_max_ratio"]
    assert pairs[["source", "target"]].tolist() == [(source, target) for _, source, target in official]


def test_a_threshold_is_a_filter():
    small = read_golden("retrieval.json")["small"]
    pairs = mine(*make_embeddings(small))
    _check(pairs[pairs["score"] > 1.05], small["cosine"]["mine_max_ratio_threshold_1.05"])


def unify(lines, vectors):
    """Distinct lines, and the vector of each one's last copy, as XTREME's bucc_extract has them."""
    last = {line: row for row, line in enumerate(lines)}
    return list(last), vectors[list(last.values())]


def test_repeated_lines():
    small = read_golden("retrieval.json")["small"]
    (x, y), repeats = make_embeddings(small), small["repeats"]
    (sources, x), (targets, y) = unify(repeats["src_lines"], x), unify(repeats["trg_lines"], y)
    pairs = mine(x, y)
    pairs["source"] = [int(sources[row][1:]) for row in pairs["source"]]
    pairs["target"] = [int(targets[row][1:]) for row in pairs["target"]]
    _check(pairs, repeats["mine_max_ratio_cosine"])


@pytest.mark.parametrize("strategy", ["intersect", "max"])
def test_medium(strategy):
    """Compared as sets: the official order has float32 ties in it."""
    medium = read_golden("retrieval.json")["medium"]
    official = medium[f"mine_{strategy}_ratio"]
    pairs = mine(*make_embeddings(medium), strategy=strategy)
    assert set(pairs[["source", "target"]].tolist()) == set(map(tuple, official["pairs_in_order"]))
    assert pairs["score"].sum(dtype=np.float64) == pytest.approx(official["sum_of_scores"], rel=1e-5)
    if strategy == "max":
        np.testing.assert_allclose(pairs["score"][:300], official["scores_first_300"], rtol=1e-5)


def test_bucc_from_embeddings_to_f1():
    for case in read_golden("bucc.json")["end_to_end"]:
        dev, test = (_mined(case[split], *make_embeddings(case[split])) for split in ("dev", "test"))
        pairs = extract(test, best_threshold(dev, _gold(case["dev"])))
        official = case["test"]["evaluate_one_task_bucc2018"]
        assert bucc_f1(set(pairs), _gold(case["test"]))._asdict() == pytest.approx(official, rel=1e-9)


def _mined(split, *sides):
    (sources, x), (targets, y) = (
        unify([sentence for _, sentence in rows], vectors)
        for rows, vectors in zip((split["src"], split["trg"]), sides, strict=True)
    )
    found = [(score, sources[left], targets[right]) for score, left, right in mine(x, y).tolist()]
    assert {tuple(pair) for _, *pair in found} == {tuple(pair) for _, *pair in split["candidates"]}
    return id_scores(found, unique_ids(map(tuple, split["src"])), unique_ids(map(tuple, split["trg"])))


def _gold(split):
    return {tuple(line.split("\t")) for line in split["gold"]}


def test_each_sentence_is_used_once_and_scores_are_positive():
    random = np.random.default_rng(0)
    pairs = mine(random.standard_normal((30, 4)), random.standard_normal((50, 4)), margin="distance")
    assert len(set(pairs["source"])) == len(set(pairs["target"])) == len(pairs)
    assert (pairs["score"] > 0).all()


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
def test_empty_sides(strategy, shape):
    source, target = (np.ones((rows, 3)) for rows in shape)
    assert mine(source, target, strategy=strategy).shape == (0,)


@pytest.mark.parametrize("wrong", [{"margin": "sum"}, {"strategy": "all"}, {"k": 0}])
def test_what_is_refused(wrong):
    with pytest.raises(ValueError, match=r"sum.*ratio|all.*intersect|at least 1"):
        mine(np.eye(3), np.eye(3), **wrong)
