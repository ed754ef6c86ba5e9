"""``xh store``: what is in a store, whether it is whole, and what can go."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from xh.cli.output import columns, echo_json
from xh.spec import StorageError
from xh.store import Record, Store

HEADER = ("STAGE", "SIZE", "TOOK", "FINISHED", "FOR")


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    runs = click.option("--runs", default="runs", show_default=True, metavar="DIR", help="The store's folder.")
    return runs(click.option("--json", "as_json", is_flag=True, help="As JSON.")(command))


@click.group("store")
def command() -> None:
    """List, verify or clean the store."""


@command.command("ls")
@_shared
def ls(runs: str, as_json: bool) -> None:
    """List the finished stages."""
    records = list(Store.existing(runs).records())
    if as_json:
        echo_json([_described(record) for record in records])
    elif records:
        click.echo(columns([_line(record) for record in records], header=HEADER, right=(1, 2)))
    else:
        click.echo(f"No stage is finished in {runs}.", err=True)


@command.command("verify")
@_shared
def verify(runs: str, as_json: bool) -> None:
    """Check that every stage is what its record says; exit code 5 if one is not."""
    store = Store.existing(runs)
    damaged = store.verify()
    if as_json:
        echo_json(damaged)
    if damaged:
        listed = "\n".join(f"{stage}: {'; '.join(problems)}" for stage, problems in damaged.items())
        todo = f"xh store gc --runs {runs} removes them; run the same command as before to make them again."
        raise StorageError(f"{len(damaged)} of {len(store.ids())} stages are damaged.", why=listed, todo=todo)
    if not as_json:
        click.echo(f"All {len(store.ids())} stages in {runs} are whole.")


@command.command("gc")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be removed.")
@_shared
def gc(runs: str, as_json: bool, dry_run: bool) -> None:
    """Remove what nobody works on: work folders, checkpoints, damaged stages, logs of failures."""
    store = Store.existing(runs)
    paths = store.litter() if dry_run else store.gc()
    if as_json:
        echo_json([str(path) for path in paths])
        return
    for path in paths:
        click.echo(path)
    what = "1 folder" if len(paths) == 1 else f"{len(paths)} folders"
    verb = "would be" if dry_run else "was" if len(paths) == 1 else "were"
    click.echo(f"{what} {verb} removed.", err=True)


def _described(record: Record) -> dict[str, Any]:
    stage = record.stage
    return {
        "stage": stage.id,
        "inter": stage.label.inter,
        "target": stage.label.target,
        "seed": stage.inputs.seed,
        "bytes": _size(record),
        "seconds": record.seconds,
        "finished": record.finished,
    }


def _line(record: Record) -> list[str]:
    label = record.stage.label
    purpose = " → ".join(filter(None, (label.inter, label.target)))
    return [record.stage.id, _human(_size(record)), f"{record.seconds:.0f} s", _local(record.finished), purpose]


def _size(record: Record) -> int:
    return sum(record.files.values())


def _human(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"


def _local(finished: str) -> str:
    return datetime.fromisoformat(finished).astimezone().strftime("%Y-%m-%d %H:%M") if finished else ""
