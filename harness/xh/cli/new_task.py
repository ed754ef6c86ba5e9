"""``xh new-task``: a small plugin distribution to start from."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

import click

from xh.cli.output import warned_registry
from xh.spec import StorageError, UsageError
from xh.spec.task import NAME, RESERVED

TEMPLATE = files("xh") / "testing" / "template"
SUFFIX, MODULE = ".txt", "module"


@click.command("new-task")
@click.argument("name", metavar="NAME")
def command(name: str) -> None:
    """Write a distribution xh-NAME with a small working task, its data and its test, into the current folder."""
    _check(name)
    dist, module = f"xh-{name.replace('_', '-')}", f"xh_{name.replace('-', '_')}"
    folder = Path(dist)
    if folder.exists():
        raise UsageError(f"{folder.absolute()} is there already.", todo="Choose another name, or move it away.")
    try:
        _write(folder, {"name": name, "dist": dist, "module": module})
    except OSError as error:
        raise StorageError(f"{folder.absolute()} can't be written: {error.strerror}.") from error
    click.echo(f"Wrote {dist}/. Next:\n  pip install -e ./{dist}\n  xh show {name}\n  xh check-plugin {dist}")


def _check(name: str) -> None:
    if ":" in name or not NAME.fullmatch(name) or name in RESERVED:
        raise UsageError(f"{name!r} can't be a task's name.", todo="Use lower-case letters, digits, - and _.")
    if name in warned_registry().tasks:
        raise UsageError(f"There is a task {name!r} already.", todo="Choose another name; xh list-tasks shows all.")


def _write(folder: Path, words: dict[str, str]) -> None:
    """Fill in the template beside the place, then rename: the folder is whole or not there."""
    with TemporaryDirectory(dir=folder.absolute().parent) as work:
        _copy(TEMPLATE, Path(work) / folder.name, words)
        (Path(work) / folder.name).rename(folder)


def _copy(source: Traversable, target: Path, words: dict[str, str]) -> None:
    if source.is_dir():
        target.mkdir()
        for each in source.iterdir():
            name = words["module"] if each.name == MODULE else each.name.removesuffix(SUFFIX)
            _copy(each, target / name, words)
        return
    text = source.read_text(encoding="utf-8")
    target.write_text(Template(text).substitute(words) if source.name.endswith(SUFFIX) else text, encoding="utf-8")
