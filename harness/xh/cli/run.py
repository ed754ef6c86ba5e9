"""``xh run``: run what the store lacks, and report."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.filesize import decimal

from xh.cli.changes import made_by, warn_left_behind
from xh.cli.options import request_options, view_options
from xh.cli.output import counted, explain, warn, warn_damaged, warn_left_out, warned_registry
from xh.cli.progress import observer
from xh.plan import Request
from xh.plan.anew import outdated
from xh.plan.estimate import expected
from xh.results import formats
from xh.results.rows import collect
from xh.results.view import View
from xh.spec import StageError, StorageError
from xh.spec.errors import INTERRUPTED
from xh.store import Store

if TYPE_CHECKING:
    from xh.engine.outcome import Outcome


@click.command("run")
@request_options
@view_options
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def command(request: Request, view: View, as_json: bool) -> None:
    """Train, evaluate and report: every target after every intermediate task, and by itself.

    Stages that are in the store already are not run again; the same command goes on where it was interrupted.
    """
    run([request], view, as_json)


def run(requests: Sequence[Request], view: View, as_json: bool) -> None:
    """Run what the store lacks of some requests that make one plan, report, and exit."""
    from xh.engine.session import execute, prepare

    ctx, request, registry = click.get_current_context(), requests[0], warned_registry()
    plan = prepare(requests, registry)
    warn_left_out(plan.left_out)
    store = Store.open(request.runs)
    warn_damaged(store.damaged(plan.stages), request.runs, "not used")
    warn_left_behind(plan, store)
    command, seconds = ctx.obj.typed if ctx.obj else (), expected(plan, store)
    with observer(seconds) as progress:
        outcome = execute(request, plan, registry, progress, command=command, expected=seconds, warn=warn)
    for found in outdated(plan.stages, outcome.cached, store, registry):
        warn(f"{' '.join(made_by(found))}; --force TASK makes them again")
    results = collect(outcome.store, plan.cells)
    if as_json or results.rows:
        click.echo(formats.json(results) if as_json else formats.table(results, view), nl=False)
    ctx.exit(_ended(outcome, request.runs))


def _ended(outcome: "Outcome", runs: str) -> int:
    """Say on stderr what became of the stages; returns the exit code."""
    for stage, error in outcome.failed.items():
        explain(StageError(f"{stage} failed: {error.what}", why=error.why, todo=error.todo))
        click.echo(f"  Its log is in {outcome.store.failed / stage}.", err=True)
    if outcome.skipped:
        click.echo(f"Skipped because a parent stage failed: {', '.join(outcome.skipped)}.", err=True)
    for stage, error in outcome.undropped.items():
        warn(f"the model of {stage} could not be removed: {error.why or error.what}")
    if outcome.dropped:
        freed = decimal(sum(outcome.dropped.values()))
        again = "adding a language later trains them again; --keep all keeps them"
        click.echo(f"Deleted the models that are no longer needed: {freed} ({again}).", err=True)
    if outcome.interrupted:
        saved = len(outcome.cached) + len(outcome.done)
        text = f"{saved} of {len(outcome.plan.stages)} stages are saved; run the same command again to continue."
        click.echo(f"Interrupted: {text}", err=True)
        return INTERRUPTED
    click.echo(_summary(outcome, runs), err=True)
    codes = {StorageError.exit_code if isinstance(error, StorageError) else 1 for error in outcome.failed.values()}
    return max(codes, default=0)


def _summary(outcome: "Outcome", runs: str) -> str:
    there = f"{len(outcome.cached)} already in {runs}"
    if not outcome.done and not outcome.failed:
        return f"0 stages run, {there}: nothing to do."
    return f"{counted(len(outcome.done))} run in {outcome.seconds:.0f} s, {there}."
