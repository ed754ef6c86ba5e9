"""``xh plugins``: what is installed, and what became of it."""

from typing import Any

import click
import msgspec

from xh.cli.output import columns, echo_json, warn
from xh.plugins import registry
from xh.plugins.manager import Plugin

SHOWN = ("entry", "dist", "version", "state", "ms", "hooks")


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(as_json: bool) -> None:
    """List the plugins: entry point, distribution, version, state, hooks, and how long each takes at every start."""
    found = registry()
    records = [
        {**describe(plugin), "ms": round(1000 * found.plugins.seconds[number], 1)}
        for number, plugin in enumerate(found.plugins.found)
    ]
    if as_json:
        echo_json(records)
        return
    lines = [[record[name] for name in SHOWN[:-1]] + [", ".join(record["hooks"])] for record in records]
    click.echo(columns(lines, header=[name.upper() for name in SHOWN], right=[SHOWN.index("ms")]))
    for warning in found.warnings:
        warn(warning)


def describe(plugin: Plugin) -> dict[str, Any]:
    """A plugin's record with its state: loaded, broken or disabled."""
    record: dict[str, Any] = msgspec.to_builtins(plugin)
    del record["disabled"]
    return {**record, "state": state(plugin)}


def state(plugin: Plugin) -> str:
    """What became of a plugin in one word."""
    return "disabled" if plugin.disabled else "broken" if plugin.problem else "loaded"
