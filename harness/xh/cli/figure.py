"""``xh figure``: a view of the results in a store as a picture for a paper."""

from pathlib import Path

import click

from xh.cli import complete
from xh.cli.options import filter_options
from xh.cli.output import put, warn_damaged, warned_registry
from xh.results.filters import Filter, named
from xh.results.rows import collect
from xh.store import Store


@click.command("figure")
@click.argument("view", metavar="VIEW", shell_complete=complete.views)
@click.option("--runs", default="runs", show_default=True, metavar="DIR", help="The store's folder.")
@filter_options
@click.option("--width", default="150mm", show_default=True, metavar="W", help="In mm, cm, in, pt or px.")
@click.option("--font", default="sans-serif", show_default=True, metavar="NAME", help="The family of all texts.")
@click.option("-o", "--output", type=Path, metavar="FILE", help="An .svg, .pdf or .png; without it, SVG on stdout.")
def command(view: str, runs: str, wanted: Filter, width: str, font: str, output: Path | None) -> None:
    """Draw a view as xh report --view has it: heatmap, curve:AXIS, contrast:GROUP,GROUP, scatter.

    Of table and gap it draws the differences, each as a dot with its 95% interval. Texts keep their size whatever the
    width. PDF and PNG need pip install "xh[figures]".
    """
    from xh.results.pictures import plotted

    registry, store = warned_registry(), Store.existing(runs)
    warn_damaged(store.damaged(), runs)
    found = plotted(collect(store, wanted=named(wanted, registry)), view, width, font)
    if output is None:
        put(found.svg, None)
        return
    store.check_outside(output)
    found.save(output)
