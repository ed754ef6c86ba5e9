"""``xh check-plugin``: the conformance checks over the tasks of one distribution."""

from collections.abc import Iterable

import click
from msgspec import Struct

from xh.cli.output import columns, echo_json, heading, indented
from xh.plugins import registry
from xh.spec import MissingError, UnavailableError, UsageError
from xh.spec.errors import did_you_mean

MARKS = {"ok": "green", "failed": "red", "skipped": "yellow"}


class Outcome(Struct, frozen=True):
    """What one check said of one task: its problems, or why there was nothing to look at."""

    task: str
    check: str
    problems: list[str] = []
    skipped: str | None = None

    @property
    def state(self) -> str:
        """The outcome in one word."""
        return "failed" if self.problems else "skipped" if self.skipped else "ok"


@click.command("check-plugin")
@click.argument("dist", metavar="DIST")
@click.option("--data", default="hub", show_default=True, metavar="WHERE", help="hub, sample, or a folder.")
@click.option("--shared", multiple=True, metavar="TASK=ROWS", help="Rows that two splits of a task may have in common.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(dist: str, data: str, shared: tuple[str, ...], as_json: bool) -> None:
    """Check the tasks of an installed distribution: record, columns, labels, features, scores, splits, files."""
    _known(dist)
    outcomes = _outcomes(dist, data, _counts(shared))
    if as_json:
        echo_json([{**_builtins(outcome), "state": outcome.state} for outcome in outcomes])
    else:
        _print(outcomes)
    _verdict(dist, outcomes)


def _known(dist: str) -> None:
    """Raise unless the distribution is installed, whole, and has tasks."""
    installed = registry()
    plugins = [plugin for plugin in installed.plugins.found if plugin.dist == dist]
    if not plugins:
        why = did_you_mean(dist, sorted({plugin.dist for plugin in installed.plugins.found}))
        todo = "Install it (pip install ./xh-…); xh plugins shows what there is."
        raise UnavailableError(f"No plugin comes from a distribution {dist!r}.", why=why, todo=todo)
    if broken := [plugin for plugin in plugins if plugin.problem]:
        raise UnavailableError(f"{dist} can't be loaded.", why="\n".join(f"{p.entry}: {p.problem}" for p in broken))
    if not any(claim.dist == dist for _, claim in installed.tasks):
        raise UnavailableError(f"{dist} has no tasks.", todo="Only tasks are checked.")


def _counts(words: Iterable[str]) -> dict[str, int]:
    pairs = [word.partition("=") for word in words]
    if wrong := [task for task, _, count in pairs if not count.isdecimal()]:
        raise UsageError(f"--shared {wrong[0]!r} does not fit.", todo="Say --shared TASK=ROWS, e.g. --shared sick=3.")
    return {task: int(count) for task, _, count in pairs}


def _outcomes(dist: str, data: str, shared: dict[str, int]) -> list[Outcome]:
    from xh.testing import CHECKS, NotCheckedError, check, subjects

    outcomes = []
    for subject in subjects(dist, data, shared):
        for name in CHECKS:
            try:
                outcomes.append(Outcome(subject.record.name, name, check(name, subject)))
            except NotCheckedError as why:
                outcomes.append(Outcome(subject.record.name, name, skipped=str(why)))
    return outcomes


def _builtins(outcome: Outcome) -> dict[str, object]:
    return {name: getattr(outcome, name) for name in Outcome.__struct_fields__}


def _print(outcomes: list[Outcome]) -> None:
    for task in dict.fromkeys(outcome.task for outcome in outcomes):
        click.echo(heading(task))
        mine = [outcome for outcome in outcomes if outcome.task == task]
        click.echo(indented(columns((_mark(each), each.check, each.skipped or "") for each in mine)))
        for outcome in mine:
            for problem in outcome.problems:
                click.echo(f"\n  {outcome.check}: {problem}")


def _mark(outcome: Outcome) -> str:
    return click.style(outcome.state.ljust(7), fg=MARKS[outcome.state])


def _verdict(dist: str, outcomes: list[Outcome]) -> None:
    """Raise if something was found, or could not be looked at for want of data."""
    if problems := sum(len(outcome.problems) for outcome in outcomes):
        tasks = sorted({outcome.task for outcome in outcomes if outcome.problems})
        raise UnavailableError(f"{dist} does not conform: {problems} problems in {', '.join(tasks)}.")
    if missing := [each for each in outcomes if each.skipped and each.skipped.startswith("no data")]:
        tasks = sorted({outcome.task for outcome in missing})
        raise MissingError(f"No data of {', '.join(tasks)}, so not all was checked.", todo="Say --data DIR.")
