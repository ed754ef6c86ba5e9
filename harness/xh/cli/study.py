"""``xh study``: questions with the runs that answer them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from xh.cli import complete
from xh.cli.options import study_options, view_options
from xh.cli.output import columns, echo_json, heading, indented, visible, warned_registry
from xh.cli.plan import show as show_plan
from xh.cli.report import APPENDIX, EXAMPLES, FORMATS, with_examples, written
from xh.cli.run import run as run_requests
from xh.plan import build
from xh.plan.studies import all_studies, requests, study
from xh.results.rows import collect
from xh.results.view import View
from xh.spec import StudySpec
from xh.store import Store

NAME = click.argument("name", metavar="STUDY", shell_complete=complete.studies)


@click.group("study")
def command() -> None:
    """List, plan, run and report studies: questions with the runs that answer them.

    Every option of xh run replaces the study's own; --profile mini makes it small enough for a laptop.
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def listed(as_json: bool) -> None:
    """List the studies of all plugins and of tasks.toml."""
    found = all_studies(warned_registry())
    if as_json:
        echo_json(found)
    else:
        click.echo(columns([(visible(name), visible(each.title)) for name, each in found.items()]))


@command.command("show")
@NAME
def described(name: str) -> None:
    """Show a study: its question, its arms and axes, its views."""
    for part in _page(study(name, warned_registry())):
        click.echo(part)


@command.command("plan")
@NAME
@study_options
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def planned(name: str, given: dict[str, Any], as_json: bool) -> None:
    """Show the stages that a study needs; nothing is run."""
    show_plan(requests(study(name, warned_registry()), given), as_json)


@command.command("run")
@NAME
@study_options
@view_options
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def ran(name: str, given: dict[str, Any], view: View, as_json: bool) -> None:
    """Run what the store lacks of a study, and show its views."""
    found = study(name, warned_registry())
    run_requests(requests(found, given), _viewed(view, found), as_json)


@command.command("report")
@NAME
@study_options
@view_options
@click.option("--format", "form", default="table", show_default=True, shell_complete=complete.formats, help=FORMATS)
@APPENDIX
@EXAMPLES
@click.option("-o", "--output", type=Path, metavar="FILE", help="Write to this file instead of stdout.")
def reported(
    name: str, given: dict[str, Any], view: View, form: str, appendix: bool, examples: int, output: Path | None
) -> None:
    """Report what the store has of a study."""
    registry = warned_registry()
    found = study(name, registry)
    arms = requests(found, given)
    store = Store.existing(arms[0].runs)
    results = collect(store, build(arms, registry, store.evaluations()).cells)
    if examples:
        results = with_examples(results, store, registry, arms[0].data, examples)
    written(results, registry, form, replace(_viewed(view, found), appendix=appendix), store, output)


def _viewed(view: View, found: StudySpec) -> View:
    """The study's question and views, unless others are asked for."""
    return replace(view, views=view.views or found.views, question=found.question)


def _page(found: StudySpec) -> Iterator[str]:
    yield f"{heading(visible(found.name))}  {visible(found.title)}"
    texts = {"question": found.question, "hypothesis": found.hypothesis, "citation": found.citation}
    yield indented(columns([(name, visible(text)) for name, text in texts.items() if text]))
    parts = {"Options": found.options, "With --profile mini": found.small}
    arms = {f"Arm {number}": arm for number, arm in enumerate(found.arms, 1) if len(found.arms) > 1}
    for title, options in (parts | arms).items():
        yield f"\n{heading(title)}\n{indented(columns(list(_words(options))))}"
    yield f"\n{heading('Views')}\n{indented(columns([(each,) for each in found.views]))}"


def _words(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in options.items():
        if isinstance(value, dict):
            yield from ((f"--{name}", visible(f"{key}={_listed(each)}")) for key, each in value.items())
        else:
            yield f"--{name}", visible(_listed(value))


def _listed(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
