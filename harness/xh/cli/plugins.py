"""``xh plugins``: what is installed, and what became of it."""

import click
import msgspec

from xh.cli.output import columns, echo_json, warn
from xh.plugins import registry
from xh.plugins.manager import Plugin

SHOWN = ("entry", "dist", "version", "state", "hooks")


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(as_json: bool) -> None:
    """List the plugins: entry point, distribution, version, state, hooks."""
    found = registry()
    records = [describe(plugin) for plugin in found.plugins.found]
    if as_json:
        echo_json(records)
        return
    click.echo(columns([_line(plugin) for plugin in found.plugins.found], header=[name.upper() for name in SHOWN]))
    for warning in found.warnings:
        warn(warning)


def describe(plugin: Plugin) -> dict[str, object]:
    """A plugin's record with its state: loaded, broken or disabled."""
    record: dict[str, object] = msgspec.to_builtins(plugin)
    del record["disabled"]
    return {**record, "state": state(plugin)}


def state(plugin: Plugin) -> str:
    """What became of a plugin in one word."""
    return "disabled" if plugin.disabled else "broken" if plugin.problem else "loaded"


def _line(plugin: Plugin) -> list[str]:
    return [plugin.entry, plugin.dist, plugin.version, state(plugin), ", ".join(plugin.hooks)]
