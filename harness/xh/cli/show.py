"""``xh show``: one task, its recipe with the origin of each value, and some of its rows."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import click

from xh.cli import complete
from xh.cli.output import columns, echo_json, heading, indented, warned_registry
from xh.cli.samples import Samples, page, samples
from xh.data.places import places
from xh.plan.recipes import Resolved, parse_overrides, resolve
from xh.plan.settings import profile
from xh.plan.variants import varied
from xh.plugins import Registry
from xh.plugins.languages import meant
from xh.spec import Hub, TaskSpec, UsageError
from xh.spec.data import Source
from xh.spec.kinds import facts


@click.command("show")
@click.argument("name", metavar="TASK", shell_complete=complete.tasks)
@click.option("--lang", help="The language of the samples.")
@click.option("-n", "count", default=2, show_default=True, type=click.IntRange(min=0), help="How many samples.")
@click.option(
    "--profile",
    "profile_name",
    default="mini",
    show_default=True,
    shell_complete=complete.profile_names,
    help="The profile of the recipe.",
)
@click.option("--set", "overrides", multiple=True, metavar="TASK.KEY=VALUE", help="Change a recipe's setting.")
@click.option(
    "--data", metavar="WHERE", help="hub, sample, or a folder that holds the data sets; TASK=FOLDER for one task."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(
    name: str,
    lang: str | None,
    count: int,
    profile_name: str,
    overrides: tuple[str, ...],
    data: str | None,
    as_json: bool,
) -> None:
    """Show a task: record, recipe with the origin of each value, samples."""
    registry = warned_registry()
    task, settings = registry.task(name), profile(profile_name)
    own = _own(task, overrides, registry)
    task, recipe = varied(task, settings, own), resolve(task, settings, own)
    if lang is not None and lang not in task.languages:
        why, todo = meant(lang, task.languages, registry), f"Its languages: {', '.join(task.languages)}."
        raise UsageError(f"Task {task.name!r} has no language {lang!r}.", why=why, todo=todo)
    shown = samples(registry, task, lang, places(data or settings.data), count)
    if as_json:
        described = {key: {"value": value, "origin": recipe.origins[key]} for key, value in recipe.values.items()}
        echo_json({"task": task, "recipe": described, "samples": shown})
        return
    for part in _page(task, recipe, profile_name, shown):
        click.echo(part)


def _own(task: TaskSpec, overrides: tuple[str, ...], registry: Registry) -> dict[str, Any]:
    parsed = parse_overrides(overrides)
    own = {registry.task(name).name if name else "": values for name, values in parsed.items()}
    if others := own.keys() - {task.name}:
        name = min(others)
        key = next(iter(own[name]))
        word = f"{name}.{key}" if name else key
        raise UsageError(f"--set {word}=…: this shows {task.name!r}.", todo=f"Use --set {task.name}.{key}=…")
    return own


def _page(task: TaskSpec, recipe: Resolved, profile_name: str, shown: Samples) -> Iterator[str]:
    yield f"{heading(task.name)}  {task.title}"
    yield indented(columns(_facts(task)))
    yield f"\n{heading('Recipe')}  profile {profile_name}"
    lines = [
        (key, "unset" if value is None else str(value), recipe.origins[key]) for key, value in recipe.values.items()
    ]
    yield indented(columns(lines))
    if shown.missing or shown.rows:
        yield f"\n{heading('Samples')}  {shown.split}, {shown.lang}, data {shown.data}"
        yield indented(page(shown, task))


def _facts(task: TaskSpec) -> Iterator[tuple[str, str]]:
    learnt = task.steps or ((task.name,) if facts(task.kind).trained else ())
    trained = f", trained on {', then '.join(learnt)}" if "target" in task.roles and learnt else ""
    yield "kind", task.kind
    yield "role", " and ".join(task.roles) + trained
    yield "languages", " ".join(task.languages)
    yield "metric", task.metric
    yield from (("labels", ", ".join(task.labels)),) if task.labels else ()
    yield from zip_longest(("data",), dict.fromkeys(map(_source, task.sources)), fillvalue="")
    yield from (("candidates", _source(task.pool)),) if task.pool else ()
    renamed = ", ".join(f"{ours} ← {theirs}" for ours, theirs in task.columns.items())
    yield from (("columns", renamed),) if renamed else ()
    rows = ", ".join(f"{split} {_count(count)}" for split, count in task.rows.items())
    yield from (("rows", rows),) if rows else ()
    yield from (("groups", ", ".join(task.groups)),) if task.groups else ()
    yield from (("also called", ", ".join(task.aliases)),) if task.aliases else ()
    yield from (("caution", task.reason),) if task.reason else ()
    yield "licence", task.licence or "not said"
    yield "citation", task.citation or "not said"


def _source(source: Source) -> str:
    splits = ", ".join(split if split == name else f"{split} ← {name}" for split, name in source.splits.items())
    if isinstance(source, Hub):
        config = f", config {source.config}" if source.config else ""
        return f"{source.id} @ {source.revision}{config}: {splits}"
    package = f" in package {source.package}" if source.package else ""
    return f"{source.url or ' '.join(source.paths)}{package}: {splits}"


def _count(count: int | dict[str, int]) -> str:
    if isinstance(count, int):
        return f"{count:,}"
    low, high = min(count.values()), max(count.values())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
