"""``xh list-langs``: the languages of all tasks, and what is known of them."""

from collections import Counter

import click
import msgspec

from xh.cli import complete
from xh.cli.output import columns, echo_json, warned_registry
from xh.plugins import Registry
from xh.plugins.languages import HISTORY, belongs, groups, is_group, language
from xh.plugins.registry import known
from xh.spec import LanguageSpec, UsageError

HEADER = ("CODE", "NAME", "SCRIPT", "FAMILY", "CLASS", "CC-100", "TARGETS")
NUMBERS = tuple(map(HEADER.index, ("CLASS", "CC-100", "TARGETS")))


@click.command("list-langs")
@click.option("--group", shell_complete=complete.language_groups, help="low, class:3, script:Arab, family:Uralic, …")
@click.option("--json", "as_json", is_flag=True, help="Whole records, as JSON.")
def command(group: str | None, as_json: bool) -> None:
    """List the languages: resource class, millions of tokens in CC-100, how many targets have them."""
    registry = warned_registry()
    _check(group, registry)
    targets = Counter(lang for _, _, task in registry.select("target") for lang in task.languages)
    codes = sorted({name.rpartition(":")[2] for name, _ in registry.languages} | {*targets})
    chosen = [code for code in codes if group is None or belongs(code, group, registry)]
    specs = [language(code, registry) or LanguageSpec(name=code) for code in chosen]
    if as_json:
        echo_json([{**msgspec.to_builtins(spec), "targets": targets[spec.name]} for spec in specs])
    elif specs:
        click.echo(columns([_line(spec, targets[spec.name]) for spec in specs], HEADER, NUMBERS))
    else:
        click.echo("No language is known to be in this group.", err=True)


def _check(group: str | None, registry: Registry) -> None:
    if group in HISTORY:
        why = f"The trainings before an evaluation decide which languages are {group}."
        raise UsageError(f"No language is {group} by itself.", why=why, todo=f"Use --langs {group} with run or report.")
    if group is not None and not is_group(group, registry):
        known("group of languages", group, groups(registry))


def _line(spec: LanguageSpec, targets: int) -> list[str]:
    tokens = "" if spec.cc100_tokens is None else f"{spec.cc100_tokens:,.0f}"
    joshi = "" if spec.joshi is None else str(spec.joshi)
    family = ", ".join(filter(None, (spec.family, spec.branch)))
    return [spec.name, spec.title, spec.script, family, joshi, tokens, str(targets)]
