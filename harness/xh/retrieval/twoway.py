"""Exact nearest neighbours in both directions from one matrix product, tile by tile.

Two searches multiply the same matrices twice. Here each tile of similarities [source rows, target rows] is made once,
updates the best of its rows and of its columns, and is forgotten. Of a row's tile only the few groups of columns with
the highest peaks are looked at: the `k` best values of a row lie in its `k` groups with the highest peaks.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from xh.model.precision import fast_onednn, onednn_linear
from xh.retrieval.exact import Indices, Vectors, checked_k

ROWS, COLUMNS, GROUP = 1024, 2048, 16
"""Size of a tile, 8 MiB so that it stays in the cache while it is searched, and of the groups in it."""


def knn_both_ways(x: Vectors, y: Vectors, k: int) -> tuple[tuple[Vectors, Indices], tuple[Vectors, Indices]]:
    """Return what `knn_of_units(x, y, k)` and `knn_of_units(y, x, k)` do, computing every similarity once.

    Of neighbours of equal similarity at the end of a row any may be missing, as there. On the CPU, with torch's
    threads; beside the vectors and the result it needs about 40 MiB.
    """
    ahead, back = _Best.empty(len(x), checked_k(x, y, k)), _Best.empty(len(y), checked_k(y, x, k))
    if len(x) and len(y):
        _fill(ahead, back, torch.from_numpy(x), torch.from_numpy(y))
    return ahead.arrays(), back.arrays()


@dataclass(frozen=True)
class _Best:
    """The best columns so far of some rows, by falling similarity [n, k]; where there are none yet, -inf at -1."""

    similarity: Tensor
    index: Tensor

    @classmethod
    def empty(cls, rows: int, k: int) -> "_Best":
        return cls(torch.full((rows, k), -torch.inf), torch.full((rows, k), -1))

    def rows(self, start: int, count: int) -> "_Best":
        """A view of some of the rows."""
        return _Best(self.similarity[start : start + count], self.index[start : start + count])

    def arrays(self) -> tuple[Vectors, Indices]:
        return self.similarity.numpy(), self.index.numpy()

    def update(self, tile: Tensor, peaks: Tensor, groups: Tensor, first: int) -> None:
        """Take in a tile [n, columns], whose column 0 is column `first` of all.

        `peaks` [n, g] is the maximum of each of a row's groups, `groups` [g, size] the groups' columns.
        """
        k = self.similarity.shape[1]
        rows = (peaks.amax(dim=1) > self.similarity[:, -1]).nonzero()[:, 0]
        highest = peaks[rows].topk(min(k, len(groups)), sorted=False).indices
        columns = groups[highest].flatten(1)
        values = torch.cat([self.similarity[rows], tile[rows[:, None], columns]], dim=1)
        index = torch.cat([self.index[rows], columns + first], dim=1)
        self.similarity[rows], kept = values.topk(k)
        self.index[rows] = index.gather(1, kept)


def _fill(ahead: _Best, back: _Best, x: Tensor, y: Tensor) -> None:
    multiply = onednn_linear if fast_onednn(x.device) else functional.linear
    for top in range(0, len(x), ROWS):
        for left in range(0, len(y), COLUMNS):
            tile = multiply(x[top : top + ROWS], y[left : left + COLUMNS])
            _search(tile, ahead.rows(top, len(tile)), back.rows(left, tile.shape[1]), top, left)


def _search(tile: Tensor, ahead: _Best, back: _Best, top: int, left: int) -> None:
    """Take a tile into the best of its rows and of its columns."""
    rows, columns = tile.shape
    tile = functional.pad(tile, (0, -columns % GROUP, 0, -rows % GROUP), value=-torch.inf)
    down, across = (torch.arange(size) for size in tile.shape)
    across = across.view(GROUP, -1)
    peaks = tile.view(len(tile), *across.shape).amax(dim=1)[:rows]
    ahead.update(tile, peaks, across.T, left)
    down = down.view(-1, GROUP)
    peaks = tile.view(*down.shape, -1).amax(dim=1)[:, :columns].T
    back.update(tile.T, peaks, down, top)
