"""Measures of alignment and isotropy, from vectors of translations: a row of each matrix for each pair."""

from typing import Any

import numpy as np

Matrix = Any
"""A NumPy array of floats."""


def centred(vectors: Matrix) -> Matrix:
    """Vectors [n, d] of one language less their mean (Libovický et al. 2020, arXiv 2004.05160)."""
    return vectors - vectors.mean(axis=0)


def similarity(source: Matrix, target: Matrix) -> Matrix:
    """For each pair the cosine of its vectors, [n]: -1 to 1, and 0 where one of them is zero."""
    found: Matrix = (_unit(source) * _unit(target)).sum(axis=1)
    return found


def margin(source: Matrix, target: Matrix) -> Matrix:
    """For each pair its cosine, less the mean cosine of its members with the members of other pairs, [n].

    Of the pairs (x_i, y_i) it is ``cos(x_i, y_i)`` less the mean of ``cos(x_i, y_j)`` and ``cos(x_j, y_i)`` over all
    other j. One pair alone has no other: its margin is its cosine.
    """
    x, y = _unit(source), _unit(target)
    own = (x * y).sum(axis=1)
    with_all = (x @ y.sum(axis=0) + y @ x.sum(axis=0)) / 2
    found: Matrix = own - (with_all - own) / max(1, len(own) - 1)
    return found


def isotropy(vectors: Matrix) -> float:
    """How evenly vectors [n, d] use the directions of their space: 0 for a single one, 1 for all d alike.

    Of centred vectors it is the IsoScore (Rudman et al. 2022, arXiv 2108.07344): ``(p - 1) / (d - 1)``, where ``p`` is
    the participation ratio of the covariance's eigenvalues, ``(sum)² / (sum of squares)``, to which the published steps
    reduce. Of raw vectors the second moments about zero take the covariance's place, so that a mean far from zero
    counts as a direction that all share. It is at most ``(n - 1) / (d - 1)``, so compare like numbers of rows.
    """
    scatter: Matrix = vectors.T @ vectors if len(vectors) > vectors.shape[1] else vectors @ vectors.T
    squares = float((scatter**2).sum())
    ratio = float(np.trace(scatter)) ** 2 / squares if squares else 1.0
    found: float = (ratio - 1) / max(1, vectors.shape[1] - 1)
    return found


def _unit(vectors: Matrix) -> Matrix:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
