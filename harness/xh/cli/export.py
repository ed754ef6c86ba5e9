"""``xh export``: the official submission folder from finished stages."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xh.cli import complete
from xh.cli.output import columns, warn, warned_registry
from xh.data.places import Places, places
from xh.results.evaluation import Evaluation
from xh.store import Store

if TYPE_CHECKING:
    from xh.scoring.export import Fill, Part

FOLDER = click.Path(path_type=Path)


@click.command("export")
@click.option("-o", "--output", type=FOLDER, required=True, metavar="DIR", help="A new or an empty folder.")
@click.option("--runs", default="runs", show_default=True, metavar="DIR", help="The store's folder.")
@click.option(
    "--inter",
    default="none",
    show_default=True,
    shell_complete=complete.intermediates,
    metavar="NAME",
    help="The intermediate task.",
)
@click.option(
    "--method",
    default="none",
    show_default=True,
    shell_complete=complete.methods,
    metavar="NAME",
    help="The method of training.",
)
@click.option("--seed", type=int, metavar="N", help="The seed, if the store has several.")
@click.option(
    "--model", shell_complete=complete.encoders, metavar="MODEL", help="The encoder, if the store has several."
)
@click.option(
    "--profile", shell_complete=complete.profile_names, metavar="NAME", help="The profile, if the store has several."
)
@click.option(
    "--data", metavar="WHERE", help="The source of the data, if the store has several; with --labels, their folder."
)
@click.option("--stage", "stages", multiple=True, metavar="STAGE", help="The evaluation, if a task has several.")
@click.option("--benchmark", "name", default="xtreme", show_default=True, metavar="NAME", help="xtreme or xtreme-r.")
@click.option("--labels", is_flag=True, help="The labels of what was evaluated, instead of the predictions.")
def command(output: Path, runs: str, name: str, labels: bool, data: str | None, **wanted: Any) -> None:
    """Write the predictions of finished evaluations as an XTREME submission: <task>/test-<lang>.tsv or .json.

    One intermediate task, method, encoder, profile, source of data and seed. What the store has not is left out and
    named. With --labels the folder is the other side that xh score needs, of the same languages and rows.
    """
    from xh.results.benchmark import benchmark
    from xh.scoring.export import check_empty, parts, write
    from xh.scoring.selection import Wanted, select

    check_empty(output)
    store, chosen, where = Store.existing(runs), benchmark(name), places(data or "")
    store.check_outside(output)
    evaluations = select(store, chosen, Wanted(data=where.main, **wanted))
    tasks = parts(store, chosen, evaluations)
    write(tasks, output, _labels(evaluations, where) if labels else None)
    click.echo(columns([_line(part) for part in tasks if part.stages], header=("TASK", "LANGS", "STAGE"), right=(1,)))
    for text in () if labels else _reasons(tasks):
        warn(text)
    what = f"set of {chosen.title} labels" if labels else f"{chosen.title} submission"
    click.echo(_verdict(tasks, what, output), err=True)


def _labels(evaluations: Mapping[str, Evaluation], data: Places) -> "Fill":
    """What writes the labels of evaluations; ``data``: where these lie, if not in the cache or the package."""
    from xh.scoring.labels import evaluated_on, write_labels

    registry = warned_registry()
    locations = evaluated_on(next(iter(evaluations.values())).record, data, registry)
    return lambda part, folder: write_labels(part, evaluations[part.task.name], registry, locations, folder)


def _line(part: "Part") -> list[object]:
    return [part.task.name, f"{len(part.files)}/{len(part.task.languages)}", " ".join(part.stages)]


def _reasons(parts: Sequence["Part"]) -> list[str]:
    """Why scores of some tasks will not be comparable, each reason once."""
    tasks: dict[str, list[str]] = {}
    for part in parts:
        for reason in part.reasons:
            tasks.setdefault(reason, []).append(part.task.name)
    return [f"not comparable with published scores: {', '.join(names)} ({reason})" for reason, names in tasks.items()]


def _verdict(parts: Sequence["Part"], what: str, output: Path) -> str:
    missing = [_missing(part) for part in parts if part.missing]
    if not missing:
        return f"{output} is a complete {what}."
    return "\n".join([f"{output} is not a complete {what}. It lacks:", *missing])


def _missing(part: "Part") -> str:
    count = len(part.task.languages)
    langs = ", ".join(part.missing) if part.files else f"all {count} languages"
    return f"  {part.task.name}: {langs}"
