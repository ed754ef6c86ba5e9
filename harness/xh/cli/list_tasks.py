"""``xh list-tasks``: the tasks of all plugins."""

from collections.abc import Sequence

import click
import msgspec

from xh.cli import complete
from xh.cli.output import columns, echo_json, heading, indented, warned_registry
from xh.plugins.manager import BUILT_IN
from xh.spec import TaskSpec

Row = tuple[str, str, TaskSpec]
TITLES = {"intermediate": "Intermediate tasks", "target": "Targets"}


@click.command("list-tasks")
@click.option("--role", help="intermediate or target.")
@click.option("--kind", shell_complete=complete.kinds, help="classify, span, bitext, …")
@click.option("--lang", help="Tasks with data in this language, e.g. de.")
@click.option("--group", shell_complete=complete.groups, help="all, xtreme, or a plugin's group.")
@click.option("--json", "as_json", is_flag=True, help="Whole records, as JSON.")
def command(role: str | None, kind: str | None, lang: str | None, group: str | None, as_json: bool) -> None:
    """List the tasks of all plugins, by role."""
    registry = warned_registry()
    rows = registry.select(role, kind, lang, group)
    if as_json:
        echo_json([{**msgspec.to_builtins(task), "name": name, "dist": dist} for name, dist, task in rows])
        return
    roles = [role] if role else list(TITLES)
    click.echo("\n\n".join(_section(each, rows) for each in roles if any(each in task.roles for _, _, task in rows)))
    if not rows:
        click.echo("No task matches all of these.", err=True)


def _section(role: str, rows: Sequence[Row]) -> str:
    lines = [_line(*row) for row in rows if role in row[2].roles]
    return f"{heading(TITLES[role])}\n{indented(columns(lines))}"


def _line(name: str, dist: str, task: TaskSpec) -> list[str]:
    count = len(task.languages)
    in_languages = task.languages[0] if count == 1 else f"{count} languages"
    return [name, task.kind, in_languages, task.title + ("" if dist == BUILT_IN else f" [{dist}]")]
