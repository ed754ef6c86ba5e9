"""``xh store``: what is in a store, whether it is whole, and what can go."""

import shlex
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.filesize import decimal

from xh.cli.output import columns, counted, echo_json, warn, warn_damaged
from xh.spec import StorageError, UsageError
from xh.store import Record, RunRecord, Store
from xh.store.litter import collect, litter
from xh.store.merge import Merged, merge
from xh.store.remove import children, remove

HEADER = ("STAGE", "ENCODER", "LIMITS", "SIZE", "AGE", "FOR")
RUNS_HEADER = ("STARTED", "TOOK", "OUTCOME", "STAGES", "COMMAND")
RUNS = click.option("--runs", default="runs", show_default=True, metavar="DIR", help="The store's folder.")
UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    return RUNS(click.option("--json", "as_json", is_flag=True, help="As JSON.")(command))


@click.group("store")
def command() -> None:
    """List, verify, merge or clean the store."""


@command.command("ls")
@_shared
def ls(runs: str, as_json: bool) -> None:
    """List the finished stages."""
    store = Store.existing(runs)
    records = list(store.records())
    warn_damaged(store.damaged(), runs)
    if as_json:
        echo_json([_described(record) for record in records])
    elif records:
        click.echo(columns([_line(record) for record in records], header=HEADER, right=(3, 4)))
    else:
        click.echo(f"No stage is finished in {runs}.", err=True)


@command.command("runs")
@_shared
def made(runs: str, as_json: bool) -> None:
    """List the runs that were made on the store, with their command lines; times are UTC."""
    runs_made = Store.existing(runs).history()
    if as_json:
        echo_json(runs_made)
    elif runs_made:
        click.echo(columns([_run(record) for record in runs_made], header=RUNS_HEADER, right=(1, 3)))
    else:
        click.echo(f"No run is recorded in {runs}.", err=True)


@command.command("verify")
@click.option("--quick", is_flag=True, help="Read only records and scores; of other files compare the sizes.")
@_shared
def verify(runs: str, as_json: bool, quick: bool) -> None:
    """Check that every stage is what was written, and its scores what the examples add up to.

    Exit code 5 if one is not.
    """
    store = Store.existing(runs)
    wrong = store.verify(quick=quick)
    if as_json:
        echo_json(wrong)
    if old := sum(not record.sha256 for record in store.records()):
        warn(f"made by an older xh, without checksums: {counted(old)}. Only sizes and scores can be compared.")
    if wrong:
        listed = "\n".join(f"{stage}: {'; '.join(problems)}" for stage, problems in wrong.items())
        todo = (
            f"xh store gc --runs {runs} removes what is damaged, xh store rm STAGE --runs {runs} any stage; "
            "run the same command as before to make them again."
        )
        raise StorageError(f"{len(wrong)} of {len(store.ids())} stages are damaged.", why=listed, todo=todo)
    if not as_json:
        click.echo(f"All {len(store.ids())} stages in {runs} are complete.")


@command.command("gc")
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be removed.")
@_shared
def gc(runs: str, as_json: bool, dry_run: bool) -> None:
    """Remove what nobody works on: work folders, checkpoints, damaged stages, logs of failures."""
    store = Store.existing(runs)
    paths = litter(store) if dry_run else collect(store)
    if as_json:
        echo_json([str(path) for path in paths])
        return
    for path in paths:
        click.echo(path)
    what = "1 folder" if len(paths) == 1 else f"{len(paths)} folders"
    verb = "would be" if dry_run else "was" if len(paths) == 1 else "were"
    click.echo(f"{what} {verb} removed.", err=True)


@command.command("merge")
@click.argument("other", metavar="OTHER")
@_shared
def take(other: str, runs: str, as_json: bool) -> None:
    """Copy the stages of the store OTHER that this one lacks. Each is checked; exit code 5 if one is damaged."""
    source = Store.existing(other)
    merged = merge(Store.open(runs), source)
    if as_json:
        echo_json(merged)
    else:
        click.echo(_merged(merged, other, runs))
    if merged.damaged:
        listed = "\n".join(f"{stage}: {'; '.join(problems)}" for stage, problems in merged.damaged.items())
        raise StorageError(
            f"Left out because they are damaged in {other}:", why=listed, todo="Make them again in that store."
        )


@command.command("rm")
@click.argument("stages", nargs=-1, metavar="[STAGE]…")
@click.option("--target", metavar="TASK", help="The stages of this target.")
@click.option("--inter", metavar="TASK", help="The stages of this intermediate task; with --target those of both.")
@click.option("--children", "also", is_flag=True, help="Also remove all stages that depend on them.")
@RUNS
def rm(stages: Sequence[str], target: str | None, inter: str | None, also: bool, runs: str) -> None:
    """Remove stages: by name, of which the beginning is enough, or by what they are for."""
    store = Store.existing(runs)
    chosen = {name for word in stages for name in _named(store, word)} | {*_chosen(store, target, inter)}
    if not chosen:
        raise UsageError("Name a stage, or use --target or --inter.", todo=f"xh store ls --runs {runs} shows them all.")
    after = children(store, chosen)
    if after and not also:
        todo = "Add --children to remove these too."
        verb = "depends" if len(after) == 1 else "depend"
        raise UsageError(f"{counted(len(after))} {verb} on stages to be removed:", why="\n".join(after), todo=todo)
    remove(store, sorted({*chosen, *after}))
    click.echo("\n".join(sorted({*chosen, *after})))
    click.echo(f"{counted(len(chosen) + len(after))} removed.", err=True)


def _named(store: Store, word: str) -> list[str]:
    names = [word] if word in store.ids() else [name for name in store.ids() if name.startswith(word)]
    if len(names) != 1:
        what = f"{len(names)} stages begin with {word!r}." if names else f"There is no stage {word!r}."
        raise UsageError(what, why="\n".join(names), todo="xh store ls shows the names of all stages.")
    return names


def _chosen(store: Store, target: str | None, inter: str | None) -> list[str]:
    """The stages of a target, of an intermediate task, or of both."""
    if target is None and inter is None:
        return []
    purposes = {record.stage.id: record.stage.purpose for record in store.records()}
    stages = [name for name, each in purposes.items() if target in (None, each.target) and inter in (None, each.inter)]
    if not stages:
        raise UsageError(f"No stage is for {' and '.join(filter(None, (inter, target)))}.", todo="See xh store ls.")
    return stages


def _merged(merged: Merged, other: str, runs: str) -> str:
    copied = f"{counted(len(merged.copied))} copied from {other} to {runs} ({decimal(sum(merged.copied.values()))})"
    return f"{copied}, {len(merged.there)} were already there."


def _described(record: Record) -> dict[str, Any]:
    stage = record.stage
    return {
        "stage": stage.id,
        "phase": stage.phase,
        "inter": stage.purpose.inter,
        "method": stage.purpose.method,
        "target": stage.purpose.target,
        "seed": stage.inputs.seed,
        "encoder": stage.purpose.encoder,
        "profile": stage.purpose.profile,
        "data": stage.purpose.data,
        "languages": stage.inputs.languages,
        "limit_train": stage.inputs.limit_train,
        "limit_eval": stage.inputs.limit_eval,
        "bytes": record.size,
        "model_dropped": bool(record.dropped),
        "seconds": record.seconds,
        "finished": record.finished,
        "schema": record.schema,
    }


def _line(record: Record) -> list[str]:
    purpose, seed = record.stage.purpose, record.stage.inputs.seed
    more = [f"seed {seed}"] * (seed is not None) + ["model dropped"] * bool(record.dropped)
    named = [record.stage.id, purpose.encoder, _limits(record), decimal(record.size), _age(record.finished)]
    return [*named, ", ".join([purpose.way, *more])]


def _limits(record: Record) -> str:
    limits = {"train": record.stage.inputs.limit_train, "eval": record.stage.inputs.limit_eval}
    return ", ".join(f"{name} {_limit(limit)}" for name, limit in limits.items() if limit is not None)


def _limit(limit: int | float) -> str:
    """A number of rows, or a share as it was typed."""
    return f"{100 * limit:.4g}%" if isinstance(limit, float) else str(limit)


def _run(record: RunRecord) -> list[str]:
    started = datetime.fromisoformat(record.started).strftime("%Y-%m-%d %H:%M")
    failed = f", {len(record.failed)} failed" if record.failed else ""
    stages = f"{record.done} made, {record.cached} there{failed}"
    return [started, f"{record.seconds:.0f} s", record.outcome, stages, shlex.join(record.command)]


def _age(finished: str) -> str:
    if not finished:
        return ""
    seconds = max(0.0, (datetime.now(UTC) - datetime.fromisoformat(finished)).total_seconds())  # clocks differ
    return next((f"{seconds / length:.0f} {unit}" for length, unit in UNITS if seconds >= length), f"{seconds:.0f} s")
