"""What a plugin may import: all of it is there, light until it is used, and typed."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from xh import api

ROOT = Path(__file__).parents[2]
METHODS = ROOT / "tests" / "fixture_plugins" / "xh-methods-demo" / "xh_methods_demo"
SIMILARITY = ROOT / "tests" / "fixture_plugins" / "xh-similarity" / "xh_similarity"


@pytest.mark.parametrize("name", api.__all__)
def test_what_the_api_names_is_there(name):
    assert getattr(api, name)


def test_a_type_checker_knows_what_the_api_names():
    """Names that are imported late are imported for type checkers too."""
    tree = ast.parse(Path(api.__file__).read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert {*api.__all__} <= names


def test_a_kind_of_ones_own_takes_one_class_and_the_api():
    trees = [ast.parse(path.read_text("utf-8")) for path in SIMILARITY.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    assert {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module.startswith("xh")} == {
        "xh.api"
    }
    assert sum(isinstance(node, ast.ClassDef) for node in nodes) == 1
    assert sum(len(path.read_text("utf-8").splitlines()) for path in SIMILARITY.glob("*.py")) <= 60


@pytest.mark.parametrize("name", ["code_switch", "layer_mix"])
def test_a_method_of_ones_own_takes_forty_lines_and_the_api(name):
    text = (METHODS / f"{name}.py").read_text("utf-8")
    imported = {node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)}
    assert {module for module in imported if module.startswith("xh")} == {"xh.api"}
    assert len(text.splitlines()) <= 40


CHECKED = """
[mypy]
strict = True
mypy_path = {root}/harness
[mypy-xh.*]
ignore_errors = True
[mypy-{libraries}]
ignore_missing_imports = True
follow_imports = skip
"""


def test_a_strict_type_checker_accepts_it(tmp_path):
    """Libraries, which it does not import, are left out: those of torch alone take ten seconds."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]["overrides"]
    libraries = ",".join(["torch.*", *overrides[0]["module"]])
    (tmp_path / "mypy.ini").write_text(CHECKED.format(root=ROOT, libraries=libraries))
    files = sorted(map(str, SIMILARITY.glob("*.py")))
    done = subprocess.run([sys.executable, "-m", "mypy", *files], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout
