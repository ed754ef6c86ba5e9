"""``xh export``: the official submission folder from finished stages."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xh.cli.output import columns, warn
from xh.spec.discreet import tilde
from xh.store import Store

if TYPE_CHECKING:
    from xh.scoring.export import Part

FOLDER = click.Path(path_type=Path)


@click.command("export")
@click.option("-o", "--output", type=FOLDER, required=True, metavar="DIR", help="A new or an empty folder.")
@click.option("--runs", default="runs", show_default=True, metavar="DIR", help="The store's folder.")
@click.option("--inter", default="none", show_default=True, metavar="NAME", help="The intermediate task.")
@click.option("--seed", type=int, metavar="N", help="Where the store has several: the seed.")
@click.option("--model", metavar="MODEL", help="Where it has several: the encoder.")
@click.option("--profile", metavar="NAME", help="Where it has several: the profile.")
@click.option("--data", metavar="WHERE", help="Where it has several: the source of the data.")
@click.option("--stage", "stages", multiple=True, metavar="STAGE", help="Where a task has several: the evaluation.")
@click.option("--benchmark", "name", default="xtreme", show_default=True, metavar="NAME", help="xtreme or xtreme-r.")
def command(output: Path, runs: str, name: str, **wanted: Any) -> None:
    """Write the predictions of finished evaluations as an XTREME submission: <task>/test-<lang>.tsv or .json.

    One intermediate task, encoder, profile, source of data and seed. What the store has not is left out and named.
    """
    from xh.scoring.benchmark import benchmark
    from xh.scoring.export import check_empty, parts, write
    from xh.scoring.selection import Wanted, select

    check_empty(output)
    wanted |= {name: tilde(wanted[name]) for name in ("model", "data") if wanted[name]}
    store, chosen = Store.existing(runs), benchmark(name)
    found = parts(store, chosen, select(store, chosen, Wanted(**wanted)))
    write(found, output)
    click.echo(columns([_line(part) for part in found if part.stage], header=("TASK", "LANGS", "STAGE"), right=(1,)))
    for text in _reasons(found):
        warn(text)
    click.echo(_verdict(found, chosen.title, output), err=True)


def _line(part: "Part") -> list[object]:
    return [part.task.name, f"{len(part.files)}/{len(part.task.languages)}", part.stage]


def _reasons(parts: Sequence["Part"]) -> list[str]:
    """Why scores of some tasks will not be comparable, each reason once."""
    tasks: dict[str, list[str]] = {}
    for part in parts:
        for reason in part.reasons:
            tasks.setdefault(reason, []).append(part.task.name)
    return [f"not comparable with published scores: {', '.join(names)} ({reason})" for reason, names in tasks.items()]


def _verdict(parts: Sequence["Part"], title: str, output: Path) -> str:
    missing = [_missing(part) for part in parts if part.missing]
    if not missing:
        return f"{output} is a complete {title} submission."
    return "\n".join([f"{output} is not a complete {title} submission. It lacks:", *missing])


def _missing(part: "Part") -> str:
    count = len(part.task.languages)
    langs = ", ".join(part.missing) if part.files else f"all {count} languages"
    return f"  {part.task.name}: {langs}"
