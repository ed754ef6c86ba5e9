"""``xh docs``: the documentation, which comes with every installation."""

import io
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markdown import Markdown

from xh.spec import UsageError
from xh.spec.errors import did_you_mean


@click.command("docs")
@click.argument("page", default="index", metavar="[PAGE]")
@click.option("--path", "as_path", is_flag=True, help="Print the path of the page instead.")
def command(page: str, as_path: bool) -> None:
    """Print a page of the documentation, or the list of pages.

    On a terminal it is laid out and paged; into a file or a pipe it goes as Markdown.
    """
    path = _path(page.removesuffix(".md"))
    if as_path:
        click.echo(path)
        return
    text = path.read_text(encoding="utf-8")
    if sys.stdout.isatty():
        click.echo_via_pager(_laid_out(text), color=True)
    else:
        click.echo(text, nl=False)


def folder() -> Path:
    """Where the pages lie: inside the package, or at the top of a checkout."""
    inside = Path(__file__).parents[1] / "docs"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "docs"


def _path(name: str) -> Path:
    pages = {path.stem: path for path in folder().glob("*.md")}
    if name not in pages:
        todo = "xh docs lists the pages."
        raise UsageError(f"There is no page {name!r}.", why=did_you_mean(name, list(pages)), todo=todo)
    return pages[name]


def _laid_out(text: str) -> str:
    page = io.StringIO()
    Console(file=page, force_terminal=True, highlight=False).print(Markdown(text, hyperlinks=False))
    return page.getvalue()
