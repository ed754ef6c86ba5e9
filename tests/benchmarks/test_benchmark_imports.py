"""Benchmarks are run by hand: what they take of xh must still be there."""

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_is_there(path):
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    ours = [(node.module, each.name) for node in nodes for each in node.names if node.module.split(".")[0] == "xh"]
    gone = [f"{module}.{name}" for module, name in ours if not _there(module, name)]
    assert gone == []


def _there(module, name):
    return hasattr(import_module(module), name) or find_spec(f"{module}.{name}") is not None
