"""An appendix in sections of plain lines, for every format that people read."""

from shlex import join

from msgspec import Struct

from xh.data.labels import content
from xh.results.provenance import Appendix, Command, Data, Recipe
from xh.results.texts import listed, plain
from xh.spec import Machine

UNKNOWN = "not recorded"
DIGITS = len("sha256:") + 16
"""Of the hash of several contents."""


class Section(Struct, frozen=True):
    """A title and its lines; ``code``: they are to be shown as they are. ``typed``: commands that they begin with."""

    title: str
    lines: tuple[str, ...]
    code: bool = False
    typed: tuple[str, ...] = ()


def sections(appendix: Appendix) -> list[Section]:
    """Where the results come from, and what is unknown about that."""
    versions = {name: version for name, version in appendix.versions.items() if name not in ("xh", "xh-commit")}
    made = ", commit ".join(filter(None, map(appendix.versions.get, ("xh", "xh-commit"))))
    found = {
        "Report": [f"of {appendix.date}, by xh {appendix.xh}; stages made by xh {made or UNKNOWN}"],
        "Commands": list(map(_command, appendix.commands)),
        "Versions": [", ".join(f"{name} {version}" for name, version in versions.items())] if versions else [],
        "Machines": [text for machine in appendix.machines if (text := _machine(machine))],
        "Encoders": [f"{name}: {listed(identities)}" for name, identities in appendix.encoders.items()],
        "Data": list(map(_data, appendix.data)),
        "Recipes (settings that are not the kind's defaults)": list(map(_recipe, appendix.recipes)),
    }
    typed = {"Commands": tuple(plain(join(command.words)) for command in appendix.commands)}
    texts = [
        Section(title, tuple(map(plain, lines or [UNKNOWN])), typed=typed.get(title, ()))
        for title, lines in found.items()
    ]
    return [*texts, Section("BibTeX", tuple(map(plain, appendix.bibtex.splitlines())), code=True)]


def _command(command: Command) -> str:
    when = f"{command.started}, xh {command.version}, {command.seconds:.0f} s, {command.outcome}"
    return f"{join(command.words)} ({when})"


def _machine(machine: Machine) -> str:
    threads = f"{machine.threads} thread{'s' * (machine.threads != 1)}" if machine.threads else ""
    return ", ".join(filter(None, (machine.device, machine.processor, machine.precision, threads)))


def _data(data: Data) -> str:
    langs = f"{data.task} {data.split} ({listed(data.contents)})"
    different = dict.fromkeys(data.contents.values())
    if data.source in ("hub", "archive"):
        return f"{langs}: {listed(different)}"
    lines = "\n".join(f"{lang} {data.contents[lang]}" for lang in sorted(data.contents))
    contents = next(iter(different)) if len(different) == 1 else content(lines)[:DIGITS]
    return f"{langs}: {data.source}, {contents}"


def _recipe(recipe: Recipe) -> str:
    """``target xnli (classify): epochs 2.0, …; seeds 1, 2``."""
    settings = [f"{name} {value}" for name, value in recipe.settings.items()]
    limits = [f"{name.replace('_', '-')} {value}" for name, value in recipe.limits.items()]
    plural = "s" if len(recipe.seeds) > 1 else ""
    seeds = f"; seed{plural} {', '.join(map(str, recipe.seeds))}" if recipe.seeds else ""
    said = ", ".join([*settings, *limits]) or "the kind's defaults"
    return f"{recipe.phase} {recipe.task} ({recipe.kind}): {said}{seeds}"
