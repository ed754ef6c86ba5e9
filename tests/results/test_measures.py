"""The measures of similarity, against other ways to compute them."""

import math

import numpy as np
import pytest

from xh.results.measures import cosine, linear_cka, logme


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def kernel_cka(x, y):
    """By the Hilbert-Schmidt independence criterion of the linear kernels (Kornblith et al. 2019, eq. 1 to 3)."""
    centre = np.eye(len(x)) - 1 / len(x)

    def hsic(a, b):
        return np.trace(centre @ a @ a.T @ centre @ b @ b.T)

    return hsic(x, y) / math.sqrt(hsic(x, x) * hsic(y, y))


@pytest.mark.parametrize("texts", [6, 40])
def test_linear_cka_is_that_of_the_linear_kernels(rng, texts):
    x, y = rng.normal(size=(texts, 9)) + 3, rng.normal(size=(texts, 11))
    y[:, :9] += x
    assert linear_cka(x, y) == pytest.approx(kernel_cka(x, y))
    assert 0.1 < linear_cka(x, y) < 0.99


def test_linear_cka_does_not_see_rotation_scale_and_shift(rng):
    x = rng.normal(size=(40, 9))
    rotation, _ = np.linalg.qr(rng.normal(size=(9, 9)))
    assert linear_cka(x, -2 * x @ rotation + 5) == pytest.approx(1)
    assert linear_cka(x, x * np.arange(1, 10)) < 0.95


def log_density(features, target, alpha, beta):
    """Of one column of labels: a Gaussian around zero whose covariance is that of the weights and the noise."""
    covariance = features @ features.T / alpha + np.eye(len(target)) / beta
    _, size = np.linalg.slogdet(2 * math.pi * covariance)
    return -(size + target @ np.linalg.solve(covariance, target)) / 2


def largest_evidence(features, target):
    """By looking at ever finer grids of log alpha and log beta."""
    centre, width, steps = np.zeros(2), 12.0, np.linspace(-1, 1, 25)
    for _ in range(8):
        points = [centre + width * np.array([i, j]) for i in steps for j in steps]
        values = [log_density(features, target, *np.exp(point)) for point in points]
        centre, width, steps = points[int(np.argmax(values))], width / 4, np.linspace(-1, 1, 9)
    return max(values)


@pytest.mark.parametrize(("texts", "width", "signal"), [(40, 4, 1.0), (40, 4, 0.0), (24, 32, 1.0)])
def test_logme_is_the_largest_evidence(rng, texts, width, signal):
    labels = rng.integers(0, 3, texts) + 5
    features = 1 + rng.normal(size=(texts, width)) + signal * np.eye(3, width)[labels - 5]
    found = [largest_evidence(features, (labels == label).astype(float)) for label in np.unique(labels)]
    assert logme(features, labels) == pytest.approx(np.mean(found) / texts, abs=1e-5)


def test_logme_says_which_features_know_the_labels(rng):
    labels = np.arange(60) % 3
    features = rng.normal(size=(60, 8)) + 2 * np.eye(3, 8)[labels]
    assert logme(features, labels) > logme(features, rng.permutation(labels)) + 0.1
    assert logme(100 * features, labels) == pytest.approx(logme(features, labels), abs=1e-3)


def test_logme_is_as_published_implementations_have_it():
    """The number is that of transformer-ranker 0.2.0 for these features; texts are more than dimensions."""
    features = np.sin(np.arange(60.0).reshape(20, 3) ** 2) + np.eye(2, 3)[np.arange(20) % 2]
    assert logme(features, np.arange(20) % 2) == pytest.approx(-0.9978263507, abs=1e-6)


def test_what_is_not_defined_is_not_a_number(rng):
    x = rng.normal(size=(8, 3))
    with np.errstate(divide="ignore", invalid="ignore"):
        assert math.isnan(linear_cka(x, np.ones((8, 3))))
        assert math.isnan(cosine(x[0], np.zeros(3)))
    assert math.isnan(logme(x, np.zeros(8)))


def test_cosine():
    assert cosine(np.array([3.0, 4.0]), np.array([4.0, 3.0])) == pytest.approx(24 / 25)
