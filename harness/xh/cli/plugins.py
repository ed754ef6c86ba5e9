"""``xh plugins``: what is installed, and what became of it."""

from typing import Any

import click
import msgspec

from xh.cli.output import columns, echo_json, heading, indented, warn
from xh.plugins import registry
from xh.plugins.manager import BUILT_IN, Plugin
from xh.plugins.names import Names

SEVERAL = {"study": "studies"}
SHOWN = ("entry", "dist", "version", "state", "ms", "hooks")


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(as_json: bool) -> None:
    """List the plugins, how long each takes at every start, its hooks; and all that they register, by name."""
    installed = registry()
    records = [
        {
            **describe(plugin),
            "ms": None if plugin.disabled else round(1000 * installed.plugins.seconds[number], 1),
            "registers": installed.registered.get(number, {}),
        }
        for number, plugin in enumerate(installed.plugins.found)
    ]
    if as_json:
        echo_json(records)
        return
    lines = [
        ["" if record[name] is None else record[name] for name in SHOWN[:-1]] + [", ".join(record["hooks"])]
        for record in records
    ]
    click.echo(columns(lines, header=[name.upper() for name in SHOWN], right=[SHOWN.index("ms")]))
    click.echo(f"\n{heading('Registered')}\n{indented(columns(map(_table, filter(list, installed.tables))))}")
    for warning in installed.warnings:
        warn(warning)


def describe(plugin: Plugin) -> dict[str, Any]:
    """A plugin's record with its state: loaded, broken or disabled."""
    record: dict[str, Any] = msgspec.to_builtins(plugin)
    del record["disabled"]
    return {**record, "state": state(plugin)}


def state(plugin: Plugin) -> str:
    """What became of a plugin in one word."""
    return "disabled" if plugin.disabled else "broken" if plugin.problem else "loaded"


def _table(names: Names[Any]) -> tuple[str, str]:
    """What there is of a sort, third parties' with their distribution."""
    texts = [name if claim.dist == BUILT_IN or ":" in name else f"{name} [{claim.dist}]" for name, claim in names]
    return SEVERAL.get(names.what, f"{names.what}s"), ", ".join(texts)
