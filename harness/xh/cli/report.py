"""``xh report``: the results in a store, in any format that a plugin knows."""

import inspect
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from xh.cli import complete
from xh.cli.options import filter_options, view_options
from xh.cli.output import put, warn, warn_damaged, warned_registry
from xh.data.places import Places, places
from xh.plugins import Registry
from xh.results.filters import Filter, named
from xh.results.records import Results
from xh.results.rows import collect
from xh.results.view import View
from xh.spec import StageError
from xh.spec.reference import resolve
from xh.store import Store

NAMES = {"views": "view", "by": "by", "ci": "ci", "notes": "notes", "appendix": "appendix"}
"""What of a view a reader asked for, and by which option."""
FORMATS = "table, markdown, html, latex, csv, json, or a plugin's."
APPENDIX = click.option(
    "--appendix", is_flag=True, help="Append commands, versions, machines, data, recipes, seeds, BibTeX."
)
EXAMPLES = click.option(
    "--examples",
    default=0,
    type=click.IntRange(min=0),
    metavar="N",
    help="Show N gained and N lost examples of each language, with both predictions.",
)


@click.command("report")
@click.option("--runs", default="runs", show_default=True, metavar="DIR", help="The store's folder.")
@filter_options
@click.option("--format", "name", default="table", show_default=True, shell_complete=complete.formats, help=FORMATS)
@click.option("--allow-unequal", is_flag=True, help="Show averages even if they cover different languages.")
@view_options
@APPENDIX
@EXAMPLES
@click.option("--data", metavar="WHERE", help="Where the examples' texts are: hub, sample, or their folder.")
@click.option("-o", "--output", type=Path, metavar="FILE", help="Write to this file instead of stdout.")
def command(
    runs: str,
    wanted: Filter,
    name: str,
    allow_unequal: bool,
    view: View,
    appendix: bool,
    examples: int,
    data: str | None,
    output: Path | None,
) -> None:
    """Report the results in the store, each with its difference to the baseline."""
    registry = warned_registry()
    registry.formats.get(name)
    store = Store.existing(runs)
    warn_damaged(store.damaged(), runs)
    results = collect(store, unequal=allow_unequal, wanted=named(wanted, registry))
    if examples:
        results = with_examples(results, store, registry, places(data or ""), examples)
    written(results, registry, name, replace(view, appendix=appendix), store, output)


def written(results: Results, registry: Registry, name: str, view: View, store: Store, output: Path | None) -> None:
    """Write results of a store in a format to a file, or to stdout."""
    render = resolve(registry.formats.get(name).render)
    if output is not None:
        store.check_outside(output)
    if not results.rows:
        click.echo(f"No evaluation is finished in {store.root}.", err=True)
    put(rendered(name, render, results, view), output)


def with_examples(results: Results, store: Store, registry: Registry, data: Places, count: int) -> Results:
    """Results with so many gained and lost examples of each language; it warns of texts that are not to be had."""
    from xh.scoring.changes import with_changes

    return with_changes(results, store, registry, data, count, warn)


def rendered(name: str, render: Any, results: Results, view: View) -> str:
    """The results in a format, which may do without the view."""
    if "view" in inspect.signature(render).parameters:
        return _text(name, render(results, view=view))
    found = _text(name, render(results))
    ignored = [f"--{option}" for field, option in NAMES.items() if getattr(view, field)]
    if results.changes and found == render(replace(results, changes=())):
        ignored.append("--examples")
    if ignored:
        warn(f"format {name} is the same with and without {', '.join(ignored)}")
    return found


def _text(name: str, found: Any) -> str:
    if not isinstance(found, str):
        todo = "Choose another --format, or tell its author."
        raise StageError(f"Format {name} must return text, not {type(found).__name__}.", todo=todo)
    return found
