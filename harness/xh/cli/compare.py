"""``xh compare``: two arms of a table, example by example."""

from pathlib import Path
from typing import Any

import click

from xh.cli.options import table_options
from xh.cli.output import as_json, put, warned_registry
from xh.results.comparison import Compared
from xh.store import Store


@click.command("compare")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--runs", default="runs", show_default=True, metavar="DIR", help="The store's folder.")
@table_options
@click.option("--data", metavar="WHERE", help="Where the examples' texts are: hub, sample, or their folder.")
@click.option(
    "-n",
    default=5,
    show_default=True,
    type=click.IntRange(min=0),
    help="How many of each target's worst and best changes to show.",
)
@click.option("--json", "json", is_flag=True, help="As JSON.")
@click.option("--format", "name", type=click.Choice(["table", "html"]), default="table", show_default=True)
@click.option("-o", "--output", type=Path, metavar="FILE", help="Write to this file instead of stdout.")
def command(a: str, b: str, runs: str, json: bool, name: str, output: Path | None, **wanted: Any) -> None:
    """Compare two arms of a table: how sure is the difference of B to A, and which examples changed?

    A and B are columns (none, squad, squad:method), AXIS=VALUE (model=mini), several of these joined by commas, or
    beginnings of the ids of evaluations (xh store ls). Differences are those of B less A.
    """
    from xh.scoring.compare import compare

    warned_registry()
    if output is not None:
        Store.existing(runs).check_outside(output)
    compared = compare(a, b, runs=runs, **wanted)
    put(as_json(compared) if json else _page(compared, name), output)


def _page(compared: Compared, name: str) -> str:
    from xh.results import compare_page, html, terminal

    blocks, examples = [compare_page.block(compared)], compare_page.examples(compared)
    return html.render(blocks, examples, "Examples") if name == "html" else terminal.render(blocks, examples)
