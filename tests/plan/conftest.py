"""Tasks, data and an encoder that are just enough for a plan."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import xh_probe
from xh.data.places import places
from xh.plan import Plan, Request, build
from xh.plan.recipes import parse_overrides
from xh.plugins import builtin
from xh.plugins.hookspecs import hookimpl
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.spec import Files, MethodSpec, TaskSpec
from xh.spec.kinds import KINDS
from xh_images import image_text

COLUMNS = sorted({column for kind in KINDS.values() for column in kind.columns})
SPAN = {"kind": "span", "recipe": {"max_length": 64}}


def data(name: str, *roles: str) -> Files:
    return Files(paths=(f"{name}/{{lang}}/{{split}}.jsonl",), splits={role: role for role in roles})


def qa(name: str = "qa", **fields: Any) -> TaskSpec:
    """An English task to train on, with 64 as its own max_length."""
    defaults = {"roles": ("intermediate",), "languages": ("en",), "data": data(name, "train", "dev")}
    return TaskSpec(name=name, metric="f1", **(SPAN | defaults | fields))


def xqa(name: str = "xqa", **fields: Any) -> TaskSpec:
    """A target in three languages, trained on qa."""
    defaults = {"roles": ("target",), "languages": ("en", "de", "sw"), "data": data(name, "test"), "train_from": "qa"}
    return TaskSpec(name=name, metric="f1", **(SPAN | defaults | fields))


def pairs(name: str = "pairs", **fields: Any) -> TaskSpec:
    """A target in two languages that is searched, not trained."""
    defaults = {"roles": ("target",), "languages": ("de", "fr"), "data": data(name, "test"), "groups": ("searched",)}
    return TaskSpec(name=name, kind="bitext", metric="accuracy", **(defaults | fields))


@pytest.fixture
def made_tasks() -> SimpleNamespace:
    """Functions that make tasks: ``qa``, ``xqa`` and ``pairs``; each takes a name and the fields that matter."""
    return SimpleNamespace(qa=qa, xqa=xqa, pairs=pairs, data=data)


@pytest.fixture
def registry_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry]:
    """A function that makes a registry with just these tasks and methods, and what xh registers of kinds and more."""

    def made(*tasks: TaskSpec, methods: Sequence[MethodSpec] = ()) -> Registry:
        plugin = SimpleNamespace(xh_tasks=hookimpl(lambda: list(tasks)), xh_methods=hookimpl(lambda: list(methods)))
        entries = [
            SimpleNamespace(name=name, dist=SimpleNamespace(name=dist, version="1"), load=lambda module=module: module)
            for name, dist, module in (
                ("builtin", "xh", builtin),
                ("image_text", "xh", image_text),  # profiles have sections for its kind, and for the next one's
                ("probe", "xh", SimpleNamespace(xh_kinds=xh_probe.xh_kinds)),
                ("made", "xh-made", plugin),
            )
        ]
        monkeypatch.setattr("xh.plugins.manager.entry_points", lambda group: entries)
        return Registry(load())

    return made


@pytest.fixture
def rows_at(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a data file, ``rows_at("qa/en/train")``; returns its path."""

    def write(where: str, text: str = "a row") -> Path:
        path = tmp_path / "data" / f"{where}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dict.fromkeys(COLUMNS, text)) + "\n")
        return path

    return write


@pytest.fixture
def all_rows(rows_at: Callable[..., Path]) -> None:
    """Data of all three made tasks in all their languages."""
    for where in ("qa/en/train", "qa/en/dev", "xqa/en/test", "xqa/de/test", "xqa/sw/test", "pairs/de/test"):
        rows_at(where)
    rows_at("pairs/fr/test")


@pytest.fixture
def draw(registry_of, model, tmp_path) -> Callable[..., Plan]:
    """A function from intermediate tasks, targets and options to the plan over the made tasks."""

    def drawn(inter: str, target: str, tasks: tuple[TaskSpec, ...] = (), evaluated: Any = None, **options: Any) -> Plan:
        defaults = {"model": str(model), "data": str(tmp_path / "data"), "runs": str(tmp_path / "runs")}
        options = defaults | options | {"overrides": parse_overrides(options.get("overrides", ()))}
        options["data"] = places(options["data"])
        request = Request(inter=tuple(inter.split()), target=tuple(target.split()), **options)
        return build(request, registry_of(*(tasks or (qa(), xqa(), pairs()))), evaluated)

    return drawn
