"""Every hook is documented and has a user; the code on the pages for plugin authors works."""

import ast
import inspect
import re
import tomllib
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from xh.api import Examples, Kind, Method, TrainedKind
from xh.plugins import hookspecs
from xh.spec import TaskSpec

ROOT = Path(__file__).parents[2]
PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("plugins", "kinds", "hooks", "methods")
}
HOOKS = {name: spec for name, spec in vars(hookspecs).items() if name.startswith("xh_")}
FIRST_RESULT = {name for name, spec in HOOKS.items() if spec.xh_spec["firstresult"]}
SOURCES = (ROOT / "harness", ROOT / "plugins", *(ROOT / "tests" / "fixture_plugins").glob("xh-[!b]*"))


@cache
def implemented() -> set[str]:
    """The functions under ``@hookimpl`` in xh, its plugins and the good fixture plugins."""
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
    assert len(HOOKS) == 20
    assert sorted(FIRST_RESULT) == ["xh_evaluate", "xh_load_data", "xh_train"]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_when_and_where_it_is_called_what_it_returns_and_what_an_exception_does(hook):
    """In this order, a paragraph each; and those that decide say whose result wins."""
    text = inspect.getdoc(HOOKS[hook]) or ""
    found = dict(re.findall(r"^(\w+): (.+?)(?=^\w+: |\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(found) == ["When", "Where", "Returns", "Exception"]
    assert re.search(r"\bonce|\bfor each|\bstage reads", found["When"])
    assert re.search("process|worker", found["Where"]) and "thread" in found["Where"]
    assert (hook in FIRST_RESULT) == ("first result wins" in " ".join(found["Returns"].split()))
    takes_records = not HOOKS[hook].__code__.co_argcount
    assert takes_records == ("list of records" in found["Returns"]) == ("left out" in found["Exception"])


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_its_section(hook):
    text = section(hook)
    arguments = HOOKS[hook].__code__.co_varnames[: HOOKS[hook].__code__.co_argcount]
    assert f"`{hook}({', '.join(arguments)})`" in text.splitlines()[0]
    assert all(re.search(rf"\*\*{word}:\*\*", text) for word in ("Called", "Returns"))
    assert (hook in FIRST_RESULT) == ("**The first result wins.**" in " ".join(text.split()))
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
    duties = {name for kind in (Kind, TrainedKind) for name in vars(kind) if not name.startswith("_")}
    assert set(re.findall(r"^\| `(\w+)(?:\(.*?\))?` \|", PAGES["kinds"], re.MULTILINE)) == duties
    must = PAGES["kinds"].split("| you must write |")[1].split("| has a default |")[0]
    assert (
        set(re.findall(r"^\| `(\w+)\(", must, re.MULTILINE))
        == TrainedKind.__abstractmethods__ | Kind.__abstractmethods__
    )


def test_the_page_has_every_duty_of_a_method():
    wanted = {name for name, each in vars(Method).items() if inspect.isfunction(each)} - {"__init__", "random"}
    assert set(re.findall(r"^\| `(\w+)\(.*?\)` \|", PAGES["methods"], re.MULTILINE)) == wanted


def test_the_method_on_the_page_works():
    module = {}
    exec(next(block for block in blocks("python", "methods") if "class Shuffle" in block), module)
    job = SimpleNamespace(train=SimpleNamespace(name="t"), stage=SimpleNamespace(inputs=SimpleNamespace(seed=1)))
    method = module["Shuffle"]("xh-shuffle:shuffle", SimpleNamespace(share=0.5))
    examples = Examples({"text_a": ["one two three four five six"] * 40, "label": [0] * 40}, "somewhere")
    epochs = [method.examples(examples, epoch, job)["text_a"] for epoch in (0, 1, 0)]
    assert epochs[0] == epochs[2] != epochs[1]
    assert {" ".join(sorted(text.split())) for text in epochs[0]} == {"five four one six three two"}


def test_the_metric_on_the_page_is_right():
    metric = {}
    exec(next(block for block in blocks("python") if "def macro_f1" in block), metric)
    assert metric["macro_f1"](["a", "b", "b"], ["a", "b", "a"]) == pytest.approx(100 * 2 / 3)
