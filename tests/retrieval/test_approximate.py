"""Approximate indexes against exact search."""

import numpy as np
import pytest

from xh.retrieval import approximate, exact, knn, mine, nearest, ranked
from xh.retrieval.approximate import RECALL, recall

KINDS = ("ivf", "hnsw")


@pytest.fixture(scope="module")
def sides():
    """4,000 vectors in 40 groups, and noisy copies of them in the same order."""
    random = np.random.default_rng(0)
    x = 3 * random.standard_normal((40, 1, 32)) + random.standard_normal((40, 100, 32))
    x = x.reshape(-1, 32).astype(np.float32)
    return x, x + 0.3 * random.standard_normal(x.shape, dtype=np.float32)


@pytest.mark.parametrize("index", KINDS)
def test_nearly_all_neighbours_are_found(sides, index):
    (similarity, found), (exact, rows) = knn(*sides, 4, index=index), knn(*sides, 4)
    assert found.shape == (4000, 4) and (np.diff(similarity) <= 0).all()
    assert recall(similarity, exact) > RECALL - 0.005  # measured on a quarter of the rows
    same = found == rows
    np.testing.assert_allclose(similarity[same], exact[same], atol=1e-5)


@pytest.mark.parametrize("index", KINDS)
def test_vectors_in_a_file_are_read_in_tiles_and_the_recall_is_said(sides, index, tmp_path, monkeypatch):
    x, y = sides
    file = np.memmap(tmp_path / "y", np.float32, "w+", shape=y.shape)
    file[:] = y
    monkeypatch.setattr(exact, "TILE", 4 * 32 * 700)
    similarity, found, share = ranked(x, file, 4, index=index)
    assert share >= RECALL and recall(similarity, knn(x, y, 4)[0]) > RECALL - 0.005
    cosines = [exact.unit(x[row : row + 1]) @ exact.unit(y[found[row]]).T for row in range(50)]
    np.testing.assert_allclose(similarity[:50], np.vstack(cosines), atol=1e-5)


@pytest.mark.parametrize("index", KINDS)
def test_the_pairs_are_those_of_exact_search(sides, index):
    assert (nearest(*sides, index=index) == np.arange(4000)).mean() > 0.99
    pairs, exact = mine(*sides, index=index), mine(*sides)
    common = set(pairs[["source", "target"]].tolist()) & set(exact[["source", "target"]].tolist())
    assert len(common) > 0.99 * len(exact)


def test_the_effort_is_as_much_as_is_needed(sides, monkeypatch):
    tried = []
    plain = approximate.recall
    monkeypatch.setattr(approximate, "recall", lambda *given: tried.append(plain(*given)) or tried[-1])
    knn(*sides, 4, index="ivf")
    assert tried == sorted(tried) and tried[-1] >= RECALL > tried[-2]


def test_an_index_that_never_finds_enough_is_refused(sides, monkeypatch):
    monkeypatch.setattr(approximate, "recall", lambda *_: 0.5)
    with pytest.raises(ValueError, match=r"index 'hnsw' finds only 50.0% of the nearest neighbours: take 'exact'"):
        knn(*(side[:1000] for side in sides), 4, index="hnsw")


@pytest.mark.parametrize("index", KINDS)
def test_a_copy_of_a_neighbour_is_as_good(sides, index):
    x, y = sides
    _, found = knn(x, np.concatenate([y, y]), 1, index=index)
    assert (found[:, 0] % len(y) == knn(x, y, 1)[1][:, 0]).mean() > 0.98


@pytest.mark.parametrize("index", KINDS)
def test_small_and_empty_sides(index):
    x = np.eye(5, dtype=np.float32)
    assert knn(x, x[:3], 4, index=index)[1].shape == (5, 3)
    assert knn(x[:0], x, 4, index=index)[1].shape == (0, 4)
    assert knn(x, x[:0], 4, index=index)[1].shape == (5, 0)
    assert (knn(x, x, 1, index=index)[1][:, 0] == np.arange(5)).all()


def test_an_unknown_index_is_named():
    for search in (lambda: knn(np.eye(3), np.eye(3), 1, index="lsh"), lambda: mine(np.eye(3), np.eye(3), index="lsh")):
        with pytest.raises(ValueError, match="unknown index 'lsh': choose one of exact, ivf, hnsw"):
            search()
