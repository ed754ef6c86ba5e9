"""The import direction of the rooms of xh, read from the sources."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from xh.spec.kinds import KINDS

ROOT = Path(__file__).parents[2]
LIGHT = ("spec", "plugins", "data", "plan", "store", "results", "engine", "watch", "cli")
HEAVY = ("model", "retrieval", "kinds", "stage", "training", "metrics", "scoring", "testing")
DIRECTIONS = {
    "spec": (),
    "plugins": ("spec",),
    "data": ("spec", "plugins"),
    "store": ("spec",),
    "plan": ("spec", "plugins", "data", "store"),
    "results": ("spec", "plugins", "data", "store"),
    "engine": ("spec", "plugins", "data", "store", "plan", "results", "stage"),
    "watch": ("spec", "store", "results", "engine"),
    "model": ("spec", "data"),
    "metrics": (),
    "retrieval": ("spec", "model"),
    "kinds": ("spec", "model", "retrieval", "metrics"),
    "stage": ("spec", "plugins", "data", "store", "model", "retrieval", "kinds"),
    "training": ("spec", "plugins", "data", "model", "kinds", "stage"),
    "scoring": ("spec", "plugins", "data", "store", "results", "metrics", "kinds", "stage"),
    "testing": ("spec", "plugins", "data", "store", "plan", "model", "kinds", "stage", "training"),
    "cli": (*(room for room in (*LIGHT, *HEAVY)),),
}
"""What each room may import, at module level or later. Everybody may have ``xh.mini`` and ``xh.version``."""
REGISTERED = "xh/plugins/builtin.py"
"""Imported by its entry point alone, as anybody's plugin: what it registers may come from any room."""
HEAVY_LIBRARIES = {"torch", "transformers", "datasets", "accelerate", "numpy", "faiss", "pandas", "pyarrow"}


@dataclass(frozen=True)
class Import:
    """``module`` is imported in ``where`` (a path below the sources and a line), inside a function or not."""

    module: str
    where: str
    inside: bool

    @property
    def room(self) -> str:
        """The room of xh, where it is one: ``spec`` for ``xh.spec.task``."""
        return self.module.split(".")[1] if self.module.startswith("xh.") else ""

    @property
    def library(self) -> str:
        return self.module.split(".")[0]


def imports(folder: Path, source: Path) -> Iterator[Import]:
    """All imports below a folder, save those for type checkers."""
    for path in sorted(folder.rglob("*.py")):
        for module, line, inside in _found(ast.parse(path.read_text("utf-8")), False):
            yield Import(module, f"{path.relative_to(source)}:{line}", inside)


def _found(node: ast.AST, inside: bool) -> Iterator[tuple[str, int, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, child.lineno, inside) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert not child.level, "imports are absolute"
            yield from ((f"{child.module}.{alias.name}", child.lineno, inside) for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from _found(ast.Module(child.orelse, []), inside)
        else:
            yield from _found(child, inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


@cache
def room(name: str) -> list[Import]:
    """The imports of a room; at module level are those that are not inside a function."""
    return list(imports(ROOT / "harness" / "xh" / name, ROOT / "harness"))


def at_module_level(found: list[Import]) -> list[Import]:
    return [each for each in found if not each.inside]


@pytest.fixture(scope="module")
def tasks() -> list[Import]:
    return list(imports(ROOT / "plugins" / "xh_tasks", ROOT / "plugins"))


def test_the_reader_tells_functions_from_modules_and_leaves_out_what_only_type_checkers_see():
    text = (
        "import a.b\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import t\nelse:\n    import e\n"
        "class C:\n    import c\n    def f(self):\n        from g import h\ntry:\n    import i\nexcept E:\n    pass\n"
    )
    assert [(module, inside) for module, _, inside in _found(ast.parse(text), False)] == [
        ("a.b", False),
        ("typing.TYPE_CHECKING", False),
        ("e", False),
        ("c", False),
        ("g.h", True),
        ("i", False),
    ]


def test_the_rooms_are_found():
    assert all(room(name) for name in DIRECTIONS)


@pytest.mark.parametrize("name", LIGHT)
def test_light_rooms_import_nothing_heavy_at_module_level(name):
    heavy = [each for each in at_module_level(room(name)) if each.room in HEAVY or each.library in HEAVY_LIBRARIES]
    assert not heavy


def test_the_entrance_is_light():
    for file in ("__init__.py", "api.py", "mini/__init__.py"):
        for module, _, inside in _found(ast.parse((ROOT / "harness" / "xh" / file).read_text("utf-8")), False):
            assert inside or not (module.split(".")[0] in HEAVY_LIBRARIES or module.startswith("xh.engine")), file


def test_every_room_has_its_directions():
    rooms = {path.parent.name for path in (ROOT / "harness" / "xh").glob("*/__init__.py")} - {"mini"}
    assert rooms == {*DIRECTIONS} == {*LIGHT, *HEAVY}


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_room_imports_only_what_it_may(name):
    allowed = {"", "mini", "version", name, *DIRECTIONS[name]}
    assert [each for each in room(name) if each.room not in allowed and REGISTERED not in each.where] == []


def test_no_module_imports_itself_by_way_of_others():
    """Those inside functions count too. Who wants to see the cycle: ``CycleError`` has it."""
    source = ROOT / "harness"
    names = {".".join(path.relative_to(source).with_suffix("").parts) for path in source.rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for each in imports(source, source):
        module = each.where.partition(".py")[0].replace("/", ".").removesuffix(".__init__")
        candidates = (each.module, each.module.rpartition(".")[0])
        found = next((name for name in candidates if {name, f"{name}.__init__"} & names), module)
        if found != module:
            graph.setdefault(module, set()).add(found)
    assert len(graph) > 100
    assert list(TopologicalSorter(graph).static_order())


def test_tasks_import_the_api_only_their_revisions_and_rules(tasks):
    found = {each.module.rpartition(".")[0] for each in tasks if each.library in ("xh", "xh_tasks")}
    editions = {"xh_tasks.panx", "xh_tasks.tatoeba", "xh_tasks.udpos"}  # XTREME-R's have the tables of XTREME's
    assert found == {"xh.api", "xh_tasks.revisions", "xh_tasks.english_sentences", *editions}
    assert not [each for each in at_module_level(tasks) if each.library in HEAVY_LIBRARIES]


def test_pictures_import_the_api_only_and_what_reads_them_when_a_stage_does():
    found = list(imports(ROOT / "plugins" / "xh_images", ROOT / "plugins"))
    assert {each.module.rpartition(".")[0] for each in found if each.library == "xh"} == {"xh.api"}
    light = [each for each in found if Path(each.where).name.partition(".")[0] in REGISTERING]
    assert {each.library for each in light} == {"xh", "xh_images", "typing", "msgspec"}


REGISTERING = ("coco_captions", "flickr30k", "image_text", "multi30k", "recipe", "revisions", "snli_ve")
"""The modules of pictures that a plan imports."""


@pytest.mark.parametrize("name", ["xh_trackers", "xh_dask"])
def test_trackers_and_dask_import_the_api_only_and_their_packages_when_asked(name):
    found = list(imports(ROOT / "plugins" / name, ROOT / "plugins"))
    assert {each.module.rpartition(".")[0] for each in found if each.library == "xh"} == {"xh.api"}
    assert {each.library for each in found if "__init__" in each.where} == {"xh"}


@pytest.mark.parametrize("name", ["xh_methods", "xh_probe"])
def test_methods_and_probes_import_the_api_only_and_are_light_until_they_are_used(name):
    found = list(imports(ROOT / "plugins" / name, ROOT / "plugins"))
    assert {each.module.rpartition(".")[0] for each in found if each.library == "xh"} == {"xh.api"}
    assert {each.library for each in found if "__init__" in each.where} <= {"xh", "xh_tasks"}


def test_the_harness_names_no_task_and_does_not_import_them():
    names = set(task_names()) - set(KINDS)
    assert {"squad", "bucc2018"} <= names
    for path in sorted((ROOT / "harness" / "xh").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        assert not [module for module, _, _ in _found(tree, False) if module.split(".")[0] == "xh_tasks"], path
        strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        named = [f"{path.name}:{node.lineno} {node.value}" for node in strings if node.value in names]
        assert not [*named, *(node.value for node in strings if node.value.startswith("xh_tasks."))], path


def task_names() -> Iterator[str]:
    """The names and aliases of the built-in tasks."""
    from xh.plugins import registry

    for _, claim in registry().tasks:
        if claim.dist == "xh":
            yield from (claim.record.name, *claim.record.aliases, claim.record.folder)
