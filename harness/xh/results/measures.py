"""Measures of similarity, from matrices of vectors: a row for each text."""

from math import nan, pi
from typing import Any

Matrix = Any
"""A NumPy array of floats."""

TOLERANCE = 1e-4
"""By which share alpha / beta may still change."""
ROUNDS = 1000
EPSILON = 1e-9
"""Added to what is divided by, so that a perfect fit has a finite evidence."""


def cosine(x: Matrix, y: Matrix) -> float:
    """The cosine of two vectors [dim]: -1 to 1; NaN where one of them is zero.

    Of two tasks' mean vectors it is the similarity of their text embeddings (Vu et al. 2020, arXiv 2005.00770).
    """
    import numpy as np

    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


def linear_cka(x: Matrix, y: Matrix) -> float:
    """Linear centred kernel alignment of x [n, p] and y [n, q], vectors of the same n texts: 0 to 1.

    ``‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖)`` with centred columns and Frobenius norms (Kornblith et al. 2019, arXiv 1905.00414, eq. 3
    and 4). NaN where all rows of one side are equal.
    """
    import numpy as np

    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    shared, own = np.linalg.norm(y.T @ x) ** 2, np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(np.divide(shared, own))


def logme(features: Matrix, labels: Matrix) -> float:
    """How well a linear model on ``features`` [n, dim] explains ``labels`` [n]: nats per example, mean over classes.

    The largest log evidence of Bayesian linear regression on the column of each class, 1 or 0, over n: weights have the
    prior N(0, 1/alpha), residuals N(0, 1/beta), and both are found by MacKay's fixed point (You et al. 2021, arXiv
    2102.11005, algorithm 1). Published code has dim for min(n, dim) and is right only where n >= dim. Only classes that
    occur count; NaN with fewer than two.
    """
    import numpy as np

    u, s, _ = np.linalg.svd(features, full_matrices=False)
    found = [label == labels for label in np.unique(labels)]
    evidences = [_evidence(u.T @ each, s**2, float(each.sum()), len(labels)) for each in np.array(found, dtype=float)]
    return float(np.mean(evidences)) / len(labels) if len(found) > 1 else nan


def _evidence(projected: Matrix, variances: Matrix, square: float, n: int) -> float:
    """The largest log evidence of one column y [n], in nats.

    ``projected``: Uᵀy of the features' singular value decomposition U S Vᵀ; ``variances``: S²; ``square``: yᵀy.
    """
    import numpy as np

    along, outside = projected**2, max(0.0, square - float((projected**2).sum()))
    ratio = 1.0
    for _ in range(ROUNDS):
        gamma = float((variances / (variances + ratio)).sum())
        weights = float((variances * along / (variances + ratio) ** 2).sum())
        residuals = float((along / (1 + variances / ratio) ** 2).sum()) + outside
        alpha, beta = gamma / (weights + EPSILON), (n - gamma) / (residuals + EPSILON)
        before, ratio = ratio, alpha / beta
        if abs(ratio - before) <= TOLERANCE * before:
            break
    fit = len(variances) * np.log(alpha) + n * np.log(beta) - np.log(alpha + beta * variances).sum()
    return float(fit - beta * residuals - alpha * weights - n * np.log(2 * pi)) / 2
