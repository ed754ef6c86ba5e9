"""Tasks that are just enough for a plan, their data, and plans over them."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import xh_probe
from helpers.made_plugins import Owner
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


def registry_of(monkeypatch: pytest.MonkeyPatch, *tasks: TaskSpec, methods: Sequence[MethodSpec] = ()) -> Registry:
    """A registry with just these tasks and methods, and what xh registers of kinds and more."""
    plugin = SimpleNamespace(xh_tasks=hookimpl(lambda: list(tasks)), xh_methods=hookimpl(lambda: list(methods)))
    entries = [
        SimpleNamespace(name=name, dist=Owner(dist, "1"), load=lambda module=module: module)
        for name, dist, module in (
            ("builtin", "xh", builtin),
            ("image_text", "xh", image_text),  # profiles have sections for its kind, and for the next one's
            ("probe", "xh", SimpleNamespace(xh_kinds=xh_probe.xh_kinds)),
            ("made", "xh-made", plugin),
        )
    ]
    monkeypatch.setattr("xh.plugins.manager.entry_points", lambda group: entries)
    return Registry(load())


def write_row(folder: Path, where: str, text: str = "a row") -> Path:
    """Write a data file, ``write_row(folder, "qa/en/train")``; returns its path."""
    path = folder / "data" / f"{where}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict.fromkeys(COLUMNS, text)) + "\n")
    return path


def draw_plan(
    monkeypatch,
    model: Path,
    folder: Path,
    /,
    inter: str,
    target: str,
    tasks: tuple[TaskSpec, ...] = (),
    evaluated: Any = None,
    **options: Any,
) -> Plan:
    """The plan over the made tasks, or others, of intermediate tasks, targets and options."""
    defaults = {"model": str(model), "data": str(folder / "data"), "runs": str(folder / "runs")}
    options = defaults | options | {"overrides": parse_overrides(options.get("overrides", ()))}
    options["data"] = places(options["data"])
    request = Request(inter=tuple(inter.split()), target=tuple(target.split()), **options)
    return build(request, registry_of(monkeypatch, *(tasks or (qa(), xqa(), pairs()))), evaluated)
