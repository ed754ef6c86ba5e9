"""Nearest neighbours against the official code's answers."""

import numpy as np
import pytest

from helpers.embeddings import make_embeddings
from helpers.golden import read_golden
from xh.metrics.accuracy import accuracy
from xh.retrieval import exact, knn, nearest, ranked


def test_knn_of_the_small_set():
    small = read_golden("retrieval.json")["small"]
    x, y = make_embeddings(small)
    for (left, right), way in (((x, y), "fwd"), ((y, x), "bwd")):
        similarity, index = knn(left, right, 4)
        np.testing.assert_allclose(similarity, small["cosine"][f"{way}_sim"], rtol=1e-5)
        np.testing.assert_array_equal(index, small["cosine"][f"{way}_ind"])


def test_knn_of_the_medium_set():
    medium = read_golden("retrieval.json")["medium"]
    x, y = make_embeddings(medium)
    for (left, right), way in (((x, y), "fwd"), ((y, x), "bwd")):
        similarity, index = knn(left, right, 4)
        assert (index[:, 0] == medium[f"{way}_top1"]).mean() > 0.999  # float32 ties may fall either way
        np.testing.assert_allclose(similarity[:100].mean(axis=1), medium[f"{way}_mean_first100"], rtol=1e-5)
        assert similarity.sum(dtype=np.float64) == pytest.approx(medium[f"sum_of_{way}_sims"], rel=1e-5)


def test_tatoeba():
    case = read_golden("retrieval.json")["tatoeba"]
    source, english = make_embeddings(case)
    found = nearest(english, source)
    assert found.tolist() == case["cosine"]["predictions"]
    score = accuracy([str(row) for row in found], [str(row) for row in case["gold"]])
    assert score == pytest.approx(case["cosine"]["evaluate"]["accuracy"], rel=1e-9)


def test_inputs_stay_as_they_are():
    x = np.float32([[3, 4], [0, 0]])
    np.testing.assert_allclose(knn(x, x, 1)[0], [[1], [0]], rtol=1e-6)
    assert x.tolist() == [[3, 4], [0, 0]]


def test_k_is_cut_to_the_database():
    similarity, index = knn(np.eye(3), np.eye(3)[:2], 4)
    assert similarity.shape == index.shape == (3, 2)


def test_empty_sides():
    assert knn(np.empty((0, 3)), np.eye(3), 4)[1].shape == (0, 3)
    assert knn(np.eye(3), np.empty((0, 3)), 4)[1].shape == (3, 0)
    assert nearest(np.empty((0, 3)), np.eye(3)).shape == (0,)
    with pytest.raises(ValueError, match="no rows"):
        nearest(np.eye(3), np.empty((0, 3)))


@pytest.mark.parametrize(
    ("x", "y", "k", "message"),
    [
        (np.eye(3), np.eye(3), 0, "at least 1"),
        (np.eye(3), np.eye(2), 1, "width"),
        (np.ones(3), np.eye(3), 1, "matrix"),
        (np.full((2, 3), np.nan), np.eye(3), 1, "finite"),
    ],
)
def test_what_is_refused(x, y, k, message):
    with pytest.raises(ValueError, match=message):
        knn(x, y, k)


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
def test_a_search_in_tiles_finds_the_same(monkeypatch, rows):
    random = np.random.default_rng(0)
    x, y = (random.standard_normal((n, 4)).astype(np.float32) for n in (5, 20))
    monkeypatch.setattr(exact, "TILE", 4 * 4 * rows)
    *ranking, recall = ranked(x, y, 6)
    assert recall is None
    for found, expected in zip(ranking, knn(x, y, 6), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_near_ties_are_ranked_as_in_double_precision():
    random = np.random.default_rng(0)
    x = random.normal(size=(20, 300)).astype(np.float32)
    y = np.repeat(x, 30, axis=0) + random.normal(scale=1e-4, size=(600, 300)).astype(np.float32)
    doubles = [rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1)[:, None] for rows in (x, y)]
    wanted = np.argsort(-(doubles[0] @ doubles[1].T), axis=1, kind="stable")[:, :20]
    assert (knn(x, y, 20)[1] != wanted).any()
    assert (ranked(x, y, 20).found == wanted).all()
    assert ranked(x[:1], np.repeat(x[:1], 50, axis=0), 4).found.tolist() == [[0, 1, 2, 3]]
