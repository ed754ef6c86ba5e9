"""``xh new-task``: a small plugin distribution to start from, which could be published as it is."""

from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from typing import Any

import click

from xh.cli.output import warned_registry
from xh.plugins.names import Names
from xh.spec import StorageError, UsageError
from xh.spec.task import NAME, RESERVED
from xh.version import __version__

TEMPLATES = files("xh") / "testing" / "template"
COMMON, MODULE, HIDDEN, SUFFIX = "common", "module", "dot-", ".txt"
SMALL = "--langs de --limit-train 16 --limit-eval 8"
SORTS = {
    "classify": ("Statements, questions and requests", f"run --inter {{0}} --target xnli {SMALL}"),
    "tag": ("Parts of speech", f"run --inter {{0}} --target udpos {SMALL}"),
    "choice": ("Which sentence says why", f"run --inter {{0}} --target xnli {SMALL}"),
    "span": ("Questions on single sentences", f"run --inter {{0}} --target xquad {SMALL}"),
    "mlm": ("Masked words in plain sentences", f"run --inter {{0}} --target xnli {SMALL}"),
    "bitext": ("Translations of plain sentences", f"run --inter mnli --target {{0}} {SMALL}"),
    "own": ("Relatedness of sentence pairs", f"run --inter {{0}} --target {{0}} {SMALL}"),
    "method": ("Frozen lower layers", f"run --inter mnli --target xnli --method none,{{0}} {SMALL}"),
    "study": ("The layer in which translations are nearest", f"study run {{0}} --profile mini {SMALL}"),
}
"""What a template holds, and the command that tries it: a task of a kind, a kind of one's own, a method, a study."""


@click.command("new-task")
@click.argument("name", metavar="NAME")
@click.option(
    "--kind",
    "sort",
    type=click.Choice([*SORTS]),
    default="classify",
    show_default=True,
    help="The kind of task; own: with a kind of its own; method, study: such instead of a task.",
)
def command(name: str, sort: str) -> None:
    """Write a distribution xh-NAME with a small working task, its data and its test, into the current folder."""
    name = name.removeprefix("xh-").removeprefix("xh_")
    _check(name, sort)
    folder = Path(f"xh-{name.replace('_', '-')}")
    if folder.exists():
        raise UsageError(f"{folder.absolute()} already exists.", todo="Choose another name, or move it.")
    words = _words(name, sort)
    try:
        _write(folder, sort, words)
    except OSError as error:
        raise StorageError(f"{folder.absolute()} can't be written: {error.strerror}.") from error
    click.echo(f"Wrote {folder}/. Next:\n  pip install -e ./{folder}\n  xh check-plugin {folder}\n  {words['try']}")


def _check(name: str, sort: str) -> None:
    registry = warned_registry()
    tables: dict[str, Names[Any]] = {"method": registry.methods, "study": registry.studies}
    what, known = (sort, tables[sort]) if sort in tables else ("task", registry.tasks)
    if ":" in name or not NAME.fullmatch(name) or name in RESERVED:
        raise UsageError(f"{name!r} can't be a {what}'s name.", todo="Use lower-case letters, digits, - and _.")
    if name in known:
        todo = "Choose another name; xh list-tasks shows all." if what == "task" else "Choose another name."
        raise UsageError(f"There is already a {what} {name!r}.", todo=todo)


def _words(name: str, sort: str) -> dict[str, str]:
    """What is filled in where a template has ``$word``."""
    title, options = SORTS[sort]
    major, minor, *_ = (int(part) for part in __version__.split(".")[:2])
    return {
        "name": name,
        "dist": f"xh-{name.replace('_', '-')}",
        "module": f"xh_{name.replace('-', '_')}",
        "title": title,
        "try": f"xh {options.format(name)}",
        "year": str(date.today().year),
        "oldest": f"{major}.{minor}",
        "newest": f"{major + 1}" if major else f"0.{minor + 1}",
    }


def _write(folder: Path, sort: str, words: dict[str, str]) -> None:
    """Fill in the templates beside the place, then rename: the folder is whole or not there."""
    with TemporaryDirectory(dir=folder.absolute().parent) as work:
        for part in (COMMON, sort):
            _copy(TEMPLATES / part, Path(work) / folder.name, words)
        (Path(work) / folder.name).rename(folder)


def _copy(source: Traversable, target: Path, words: dict[str, str]) -> None:
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for each in source.iterdir():
            name = words["module"] if each.name == MODULE else each.name.removesuffix(SUFFIX)
            _copy(each, target / name.replace(HIDDEN, "."), words)
        return
    text = source.read_text(encoding="utf-8")
    target.write_text(Template(text).substitute(words) if source.name.endswith(SUFFIX) else text, encoding="utf-8")
