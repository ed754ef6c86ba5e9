"""A command, imported when it is called."""

import os
from pathlib import Path

import click

from xh.api import MissingError
from xh_extras import DIARY


@click.command("diary")
@click.option("--last", is_flag=True, help="Only the last line.")
def diary(last):
    """Show what was written into the diary."""
    if DIARY not in os.environ:
        raise MissingError("There is no diary.", todo=f"Set {DIARY} to a file.")
    lines = Path(os.environ[DIARY]).read_text(encoding="utf-8").splitlines()
    click.echo(lines[-1] if last else "\n".join(lines))
