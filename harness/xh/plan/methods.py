"""``--method``: names looked up, joined by ``+``, with their settings."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from xh.data.locate import path_hash
from xh.plan.own_settings import typed
from xh.plugins.registry import Registry
from xh.spec import AppliedMethod, MethodSpec, MissingError, TaskSpec, UsageError
from xh.spec.cell import BASELINE
from xh.spec.recipe import Values
from xh.spec.stage import Phase


class Methods(Struct, frozen=True):
    """One value of ``--method``: methods in the order in which they are applied, or none."""

    name: str = BASELINE
    applied: tuple[tuple[MethodSpec, AppliedMethod], ...] = ()

    def of(self, phase: Phase) -> tuple[AppliedMethod, ...]:
        """Those that a training of this phase is changed by."""
        return tuple(applied for spec, applied in self.applied if phase in spec.phases)

    def check_fits(self, inter: TaskSpec) -> None:
        """Raise :class:`UsageError` for a mixture, if one of the methods does not work there."""
        for spec, _ in self.applied:
            if inter.parts and not spec.mixtures and "intermediate" in spec.phases:
                raise UsageError(
                    f"Method {spec.name!r} can't train a mixture such as {inter.name}.",
                    why="Its record says so: mixtures=False.",
                    todo="Name the tasks one by one with --inter, or leave out the method.",
                )


NONE = Methods()


def methods(words: Iterable[str], registry: Registry, overrides: dict[str, Values]) -> tuple[Methods, ...]:
    """What ``--method`` says, each once; raises for names and settings that there are not."""
    found = {made.name: made for made in (_joined(word, registry, overrides) for word in words)}
    used = {spec.name for made in found.values() for spec, _ in made.applied}
    for name in overrides:
        if name in registry.methods and name not in used:
            todo = f"Use --method {name}, or leave out its settings."
            raise UsageError(f"--set {name}…: the method {name!r} is not part of this run.", todo=todo)
    return tuple(found.values()) or (NONE,)


def is_method(name: str, registry: Registry) -> bool:
    """Whether a name before a setting's dot is a method's; a task of that name comes first."""
    return name in registry.methods and name not in registry.tasks


def _joined(word: str, registry: Registry, overrides: dict[str, Values]) -> Methods:
    if word == BASELINE:
        return NONE
    names = [part.strip() for part in word.split("+")]
    specs = [registry.methods.get(name) for name in names]
    if twice := next((spec.name for spec in specs if specs.count(spec) > 1), None):
        raise UsageError(f"--method {word!r} names {twice!r} more than once.")
    applied = tuple((spec, _applied(spec, registry, overrides.get(spec.name, {}))) for spec in specs)
    return Methods("+".join(spec.name for spec in specs), applied)


def _applied(spec: MethodSpec, registry: Registry, values: Values) -> AppliedMethod:
    taken = msgspec.to_builtins(typed(f"method {spec.name!r}", spec.settings, values, limits=spec.limits))
    changed = {key: taken[key] for key in values if taken[key] != spec.settings[key]}
    files = {key: Path(changed.pop(key)).expanduser().absolute() for key in spec.files if key in changed}
    if missing := [key for key, path in files.items() if not path.exists()]:
        raise MissingError(f"--set {spec.name}.{missing[0]}={values[missing[0]]}: there is no such file or folder.")
    return AppliedMethod(
        name=registry.methods.identity(spec.name),
        version=spec.version,
        settings=changed,
        files={key: str(path) for key, path in files.items()},
        contents={key: path_hash(path) for key, path in files.items()},
    )
