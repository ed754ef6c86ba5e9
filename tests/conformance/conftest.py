"""Made tasks with data in a folder, checked one by one."""

from pathlib import Path
from typing import Any

import datasets
import pytest

from xh.plugins import registry
from xh.spec import Hub, Locations, TaskSpec
from xh.testing import Subject, check
from xh.testing.subject import installed

SPLITS = {"train": "train", "dev": "validation", "test": "test"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A training on real rows is tried with the first task of each kind; on the sample's rows it is with every task."""
    tried = set()
    for item in [item for item in items if item.name.startswith("test_mirror[") and item.name.endswith("-learns]")]:
        kind = registry().task(item.name[len("test_mirror[") : -len("-learns]")]).kind
        if kind in tried:
            items.remove(item)
        tried.add(kind)


class Made:
    """A task whose data a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, split: str, rows: list[dict[str, Any]], **classes: list[str]) -> None:
        """Rows as parquet; the columns in ``classes`` are class labels of these names."""
        data = datasets.Dataset.from_list(rows)
        features = data.features.copy()
        for column, names in classes.items():
            label = datasets.ClassLabel(names=names)
            features[column] = datasets.List(label) if isinstance(rows[0][column], list) else label
        path = self.folder / "o" / "made" / f"{SPLITS[split]}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        data.cast(features).to_parquet(path)

    def problems(self, name: str, **fields: Any) -> list[str]:
        """What the check ``name`` says of the task with these fields."""
        found = [split for split, file in SPLITS.items() if list(self.folder.glob(f"o/made/{file}-*"))]
        data = Hub("o/made", "main", {split: SPLITS[split] for split in found})
        shared = fields.pop("shared", 0)
        record = TaskSpec(name="made", roles=("intermediate",), languages=("en",), data=data, **fields)
        return check(name, Subject(record, Locations(store="", data=str(self.folder)), installed(), shared))


@pytest.fixture
def made(tmp_path) -> Made:
    return Made(tmp_path)
