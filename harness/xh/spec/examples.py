"""Rows as a kind sees them, and what a model reads of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Examples:
    """Checked rows in one language, by the kind's column names; every column has ``len(examples)`` entries."""

    columns: Columns
    where: str
    lang: str = ""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def __getitem__(self, column: str) -> list[Any]:
        return self.columns[column]

    def rows(self) -> Iterator[dict[str, Any]]:
        """One mapping per example."""
        names = list(self.columns)
        return (dict(zip(names, values, strict=True)) for values in zip(*self.columns.values(), strict=True))

    def chosen(self, rows: Sequence[int]) -> "Examples":
        """These rows only."""
        return replace(self, columns={name: [values[i] for i in rows] for name, values in self.columns.items()})


@dataclass
class Features:
    """What the model reads: one entry per input in every column. ``extra`` is what decoding needs besides."""

    columns: Columns
    extra: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns["input_ids"])

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {name: values[index] for name, values in self.columns.items()}

    @property
    def lengths(self) -> list[int]:
        """Sub-tokens of each input."""
        return [len(ids) for ids in self.columns["input_ids"]]
