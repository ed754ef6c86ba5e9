"""One product for both directions against two plain searches."""

import numpy as np
import pytest
import torch

from xh.model.precision import onednn_linear
from xh.retrieval import twoway
from xh.retrieval.exact import knn_of_units, unit


def _units(rows, seed, width=8):
    return unit(np.random.default_rng(seed).standard_normal((rows, width)))


@pytest.fixture(params=["onednn", "torch"])
def tiles(request, monkeypatch):
    """Tiles so small that there are several, the last ones cut."""
    if request.param == "onednn" and not torch.backends.mkldnn.is_available():
        pytest.skip("this torch has no oneDNN")
    monkeypatch.setattr(twoway, "fast_onednn", lambda device: request.param == "onednn")
    monkeypatch.setattr(twoway, "ROWS", 32)
    monkeypatch.setattr(twoway, "COLUMNS", 48)


@pytest.mark.usefixtures("tiles")
@pytest.mark.parametrize("k", [1, 4, 40])
@pytest.mark.parametrize("sizes", [(150, 200), (32, 48), (33, 7), (5, 100), (1, 1)])
def test_as_two_searches_find(sizes, k):
    x, y = (_units(size, seed) for seed, size in enumerate(sizes))
    found = twoway.knn_both_ways(x, y, k)
    for (similarity, index), (expected, place) in zip(
        found, (knn_of_units(x, y, k), knn_of_units(y, x, k)), strict=True
    ):
        np.testing.assert_allclose(similarity, expected, atol=1e-6)
        np.testing.assert_array_equal(index, place)
        assert (similarity.dtype, index.dtype) == (np.float32, np.int64)


@pytest.mark.usefixtures("tiles")
@pytest.mark.parametrize("x", [np.ones((60, 4)), np.zeros((60, 4)), -np.ones((60, 4))], ids=["ones", "zeros", "minus"])
def test_all_alike(x):
    """Every neighbour is as good as another; still they are real ones, and different ones."""
    for similarity, index in twoway.knn_both_ways(unit(x), unit(np.ones((90, 4))), 3):
        assert np.ptp(similarity) == 0
        assert (np.diff(np.sort(index)) > 0).all()
        assert index.min() >= 0


def test_onednn_multiplies_as_torch_does():
    x, weight, bias = torch.randn(5, 7, 16), torch.randn(24, 16), torch.randn(24)
    torch.testing.assert_close(onednn_linear(x, weight, bias), torch.nn.functional.linear(x, weight, bias))
