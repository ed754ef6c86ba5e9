"""``xh watch``: the page of results, live, for a run under way."""

import os
import time
from contextlib import suppress
from pathlib import Path

import click

from xh.cli.output import put
from xh.spec import UsageError
from xh.store import Store


def nice() -> None:
    """Let the run have the processor first."""
    with suppress(OSError):
        os.nice(19)


@click.command("watch")
@click.option("--runs", default="runs", show_default=True, metavar="DIR", help="The store's folder.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port; by default a free one.")
@click.option("--once", is_flag=True, help="Write the page as it is now, and end.")
@click.option("-o", "--output", type=Path, metavar="FILE", help="With --once: write to this file instead of stdout.")
def command(runs: str, port: int, once: bool, output: Path | None) -> None:
    """Follow a run in a browser: its stages, losses and results as they come.

    The page is served on this machine alone, at an address with a random token, until Ctrl-C. The run notices nothing.
    """
    if output is not None and not once:
        raise UsageError("-o needs --once.", todo=f"xh watch --once -o {output}")
    store = Store.existing(runs)
    if output is not None:
        store.check_outside(output)
    if not once:
        nice()
    from xh.watch.page import page
    from xh.watch.server import Server, Watched

    if once:
        put(page(store, time.time()), output)
        return
    with Server(Watched(store), port) as server, suppress(KeyboardInterrupt):
        click.echo(server.address)
        click.echo("Open it in a browser of this machine. Ctrl-C ends watching, not the run.", err=True)
        server.serve_forever()
