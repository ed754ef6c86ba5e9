"""The arms of a table: their labels, by the axes on which they differ, and their order."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from xh.results.change import ArmChange
from xh.results.records import Average, Choice, Row, Summary, column
from xh.results.similarity import Similarity
from xh.results.training_log import TrainingLog
from xh.spec.cell import ALL_ROWS, AXES, BASELINE, written

Armed = Row | Average | Summary | Choice | Similarity | TrainingLog | ArmChange
COLUMN = "column"
"""The axis of intermediate tasks with their methods."""
LAST = "limit_intermediate"
"""The axis behind that, for it counts rows of the intermediate task."""


class Arms(Struct, frozen=True):
    """The arms of one table: by axis the values there are, in order; only axes on which arms differ, and columns."""

    axes: Mapping[str, tuple[Any, ...]]

    @property
    def are_columns(self) -> bool:
        """Whether arms differ in nothing but intermediate task and method."""
        return len(self.axes) == 1

    @property
    def ordered(self) -> list[str]:
        """The axes of numbers, along which curves are drawn."""
        return [axis for axis, values in self.axes.items() if len(values) > 1 and _are_numbers(values)]

    @property
    def title(self) -> str:
        """The axes, as the labels have them: ``model · intermediate · limit-intermediate``."""
        return " · ".join("intermediate" if axis == COLUMN else axis.replace("_", "-") for axis in self.axes)

    def label(self, each: Armed) -> str:
        """``mini · mnli · 400``: where an arm lies on the axes."""
        values = zip(self.axes, self._at(each), strict=True)
        return " · ".join(written(axis, value) for axis, value in values if value is not None)

    def order(self, each: Armed) -> tuple[int, ...]:
        """A sort key, axis by axis; an arm that belongs to all values comes first."""
        values = zip(self.axes.values(), self._at(each), strict=True)
        return tuple(there.index(value) if value in there else -1 for there, value in values)

    def without(self, axis: str) -> "Arms":
        """The same as if arms did not differ on one axis."""
        return Arms({name: values for name, values in self.axes.items() if name != axis})

    def _at(self, each: Armed) -> list[Any]:
        return [position(each, axis) for axis in self.axes]


def arms(shown: Iterable[Armed]) -> Arms:
    """The arms of what is shown: numbers on an axis in order, names as they come, the baseline first."""
    shown = list(shown)
    settings = dict.fromkeys(key for each in shown for key in each.at.settings)
    names = [*(axis for axis in AXES if axis != LAST), *settings, COLUMN, LAST]
    values = {name: _values(position(each, name) for each in shown) for name in names}
    return Arms({name: found for name, found in values.items() if len(found) > 1 or name == COLUMN})


def position(each: Armed, axis: str) -> Any:
    """Where an arm lies on an axis; None if it belongs to all values."""
    if axis == COLUMN:
        return column(each)
    return getattr(each.at, axis) if axis in AXES else each.at.settings.get(axis)


def _values(found: Iterable[Any]) -> tuple[Any, ...]:
    values = tuple(dict.fromkeys(value for value in found if value is not None))
    if _are_numbers(values):
        return tuple(sorted(values, key=lambda each: (isinstance(each, float) and each <= ALL_ROWS, each)))
    return tuple(sorted(values, key=lambda each: each != BASELINE))


def _are_numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(each, int | float) for each in values)
