"""``xh report``: the results in a store, in any format that a plugin knows."""

from pathlib import Path

import click

from xh.cli.output import warn_damaged, warned_registry
from xh.results.rows import collect
from xh.spec.reference import resolve
from xh.store import Store
from xh.store.files import storage

FORMATS = "table, markdown, html, latex, csv, json, or a plugin's."


@click.command("report")
@click.option("--runs", default="runs", show_default=True, metavar="DIR", help="The store's folder.")
@click.option("--format", "name", default="table", show_default=True, help=FORMATS)
@click.option("--allow-unequal", is_flag=True, help="Average also over fewer languages than others in the table have.")
@click.option("-o", "--output", type=Path, metavar="FILE", help="Write to a file instead of stdout.")
def command(runs: str, name: str, allow_unequal: bool, output: Path | None) -> None:
    """Report the results in the store, each with its difference to the baseline."""
    render = resolve(warned_registry().formats.get(name).render)
    store = Store.existing(runs)
    warn_damaged(store.damaged(), runs)
    results = collect(store, unequal=allow_unequal)
    if not results.rows:
        click.echo(f"No evaluation is finished in {runs}.", err=True)
    text: str = render(results)
    if output is None:
        click.echo(text, nl=False)
        return
    with storage(output):
        output.write_text(click.unstyle(text), encoding="utf-8")
