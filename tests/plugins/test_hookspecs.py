"""Every hook is documented and has a user; the code on the pages for plugin authors works."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from xh.plugins import hookspecs
from xh.spec import TaskSpec

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("plugins", "kinds", "hooks")}
HOOKS = {name: spec for name, spec in vars(hookspecs).items() if name.startswith("xh_")}
FIRST_RESULT = {name for name, spec in HOOKS.items() if spec.xh_spec["firstresult"]}
SOURCES = (ROOT / "harness", *(ROOT / "tests" / "fixture_plugins").glob("xh-[!b]*"))


@cache
def implemented() -> set[str]:
    """The functions under ``@hookimpl`` in xh and in the good fixture plugins."""
    trees = [ast.parse(path.read_text("utf-8")) for source in SOURCES for path in source.rglob("*.py")]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {node.name for node in functions if any("hookimpl" in ast.unparse(each) for each in node.decorator_list)}


def section(hook: str) -> str:
    """The part of the page under the hook's heading."""
    found = re.search(rf"^### `{hook}\(.*?\)`[^\n]*\n(.+?)(?=^##|\Z)", PAGES["hooks"], re.MULTILINE | re.DOTALL)
    assert found, f"docs/hooks.md has no section on {hook}"
    return found[0]


def blocks(language: str, *pages: str) -> list[str]:
    text = "".join(PAGES[name] for name in pages or PAGES)
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_hooks_are_found():
    assert len(HOOKS) == 14
    assert sorted(FIRST_RESULT) == ["xh_evaluate", "xh_load_data", "xh_train"]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_when_it_is_called_and_what_it_returns(hook):
    text = HOOKS[hook].__doc__ or ""
    assert re.search("called|return", text, re.IGNORECASE)
    assert (hook in FIRST_RESULT) == ("first result wins" in text)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_its_section(hook):
    text = section(hook)
    arguments = HOOKS[hook].__code__.co_varnames[: HOOKS[hook].__code__.co_argcount]
    assert f"`{hook}({', '.join(arguments)})`" in text.splitlines()[0]
    assert all(re.search(rf"\*\*{word}:\*\*", text) for word in ("Called", "Returns"))
    assert (hook in FIRST_RESULT) == ("**The first result wins.**" in text)
    assert f"def {hook}(" in text


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_user(hook):
    assert hook in implemented()


def test_the_hooks_page_knows_no_hook_that_is_not_there():
    assert set(re.findall(r"^### `(xh_\w+)", PAGES["hooks"], re.MULTILINE)) == set(HOOKS)
    assert {name for block in blocks("python", "hooks") for name in re.findall(r"def (xh_\w+)", block)} == set(HOOKS)


@pytest.mark.parametrize("block", blocks("python"))
def test_an_example_is_python_that_imports_what_is_there(block):
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "xh":
            assert node.module in ("xh.api", "xh.testing")
            exec(compile(ast.Module([node], []), "docs", "exec"), {})


def test_the_plugin_on_the_page_is_whole():
    project, module = tomllib.loads(blocks("toml")[0]), {}
    exec(blocks("python")[0], module)
    (task,) = module["xh_tasks"]()
    assert isinstance(task, TaskSpec)
    assert project["project"]["entry-points"]["xh"] == {"sick": task.data.package}
    assert project["project"]["name"].startswith("xh-")


def test_the_page_has_every_duty_of_a_kind():
    tree = ast.parse((ROOT / "harness" / "xh" / "kinds" / "base.py").read_text("utf-8"))
    duties = [
        each for node in tree.body if getattr(node, "name", "") in ("Kind", "Trained", "Special") for each in node.body
    ]
    wanted = {node.name for node in duties if isinstance(node, ast.FunctionDef)}
    wanted |= {node.target.id for node in duties if isinstance(node, ast.AnnAssign)}
    assert set(re.findall(r"^\| `(\w+)(?:\(.*?\))?` \|", PAGES["kinds"], re.MULTILINE)) == wanted


def test_the_metric_on_the_page_is_right():
    metric = {}
    exec(next(block for block in blocks("python") if "def macro_f1" in block), metric)
    assert metric["macro_f1"](["a", "b", "b"], ["a", "b", "a"]) == pytest.approx(100 * 2 / 3)
