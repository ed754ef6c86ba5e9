"""What is checked of a whole distribution: what its registration imports, where its records lead, and its tasks."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any, Literal

import click
from msgspec import Struct

from xh.kinds.base import Kind
from xh.kinds.supervised import TrainedKind
from xh.plan.request import points
from xh.plan.resolution import resolve as look_up
from xh.plan.studies import SMALL, requests
from xh.plugins.manager import reason
from xh.spec import (
    CommandSpec,
    EncoderSpec,
    EngineSpec,
    KindSpec,
    LanguageSpec,
    MethodSpec,
    ReportFormat,
    StudySpec,
    XhError,
)
from xh.spec.reference import resolve
from xh.testing.checks import CHECKS, InapplicableError, NotCheckedError, check
from xh.testing.subject import installed, subjects
from xh.training.method import Method

HEAVY = ("accelerate", "datasets", "faiss", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "torch", "transformers")
"""What takes longer to import than all else that ``xh`` does when it starts."""
REGISTER = """
import sys
from xh.plugins.manager import load
from xh.plugins.registry import Registry
Registry(load(sys.argv[1]))
print()
print(*sys.modules)
"""
ISO639_3, SCRIPT = re.compile("[a-z]{3}|"), re.compile("[A-Z][a-z]{3}|")
DISTANCES = ("syntax", "phonology", "inventory", "genetic", "geographic", "featural")
Misfit = Callable[[Any], str]
State = Literal["ok", "failed", "skipped", "unchecked"]


class Outcome(Struct, frozen=True):
    """What one check said of one record, or of the plugin.

    ``sort``: plugin, task, kind, engine …. ``skipped``: the check does not apply. ``unchecked``: it could not look, so
    nothing is known. ``why`` says why.
    """

    sort: str
    name: str
    check: str
    state: State
    problems: list[str] = []
    why: str = ""


class Case(Struct, frozen=True):
    """One check of one thing, which ``look`` makes."""

    sort: str
    name: str
    check: str
    look: Callable[[], list[str]]

    def outcome(self) -> Outcome:
        """What the check says."""
        try:
            problems = self.look()
        except NotCheckedError as why:
            state: State = "skipped" if isinstance(why, InapplicableError) else "unchecked"
            return Outcome(self.sort, self.name, self.check, state, why=str(why))
        return Outcome(self.sort, self.name, self.check, "failed" if problems else "ok", problems)


def cases(dist: str, data: str, shared: dict[str, int] | None = None) -> Iterator[Case]:
    """All checks of a distribution; ``data`` and ``shared`` as of :func:`~xh.testing.subjects`."""
    yield Case("plugin", dist, "weight", partial(weight, dist))
    for sort, record in _records(dist):
        yield Case(sort, record.name, "references", partial(references, record))
    for _, language in installed().languages:
        if language.dist == dist:
            yield Case("language", language.record.name, "facts", partial(facts, language.record))
    for _, study in installed().studies:
        if study.dist == dist:
            yield Case("study", study.record.name, "options", partial(asked, study.record))
    for subject in subjects(dist, data, shared):
        yield from (Case("task", subject.record.name, name, partial(check, name, subject)) for name in CHECKS)


def weight(dist: str) -> list[str]:
    """What is heavy among what registering the distribution's plugins imports, in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-P", "-c", REGISTER, dist], capture_output=True, encoding="utf-8")
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise NotCheckedError(f"a fresh interpreter could not register it: {last}")
    found = sorted({*done.stdout.splitlines()[-1].split()} & {*HEAVY})
    cure = "every start of xh waits for that; import it inside the functions that need it"
    return [f"registering it imports {', '.join(found)}: {cure}"] if found else []


def _records(dist: str) -> Iterator[tuple[str, Any]]:
    """The distribution's records, except tasks, each with what it is."""
    registry = installed()
    for names in (registry.kinds, registry.methods, registry.encoders, registry.engines, registry.formats):
        yield from ((names.what, claim.record) for _, claim in names if claim.dist == dist)
    yield from (("command", claim.record) for _, claim in registry.commands if claim.dist == dist)


def references(record: Any) -> list[str]:
    """What is wrong with the ``"module:attr"`` texts, and the folder, of a record that is no task's."""
    problems = [
        f"{field}={reference!r}: {why}" for field, reference, fits in _led_to(record) if (why := _why(reference, fits))
    ]
    if isinstance(record, EncoderSpec) and Path(record.source).is_absolute() and not Path(record.source).is_dir():
        problems.append(f"source: there is no folder {record.source}")
    return problems


def asked(record: StudySpec) -> list[str]:
    """What of a study's options is none, or names what there is not, as a whole and with ``--profile mini``."""
    problems = []
    for profile in (None, SMALL):
        try:
            for request in requests(record, {"profile": profile} if profile else {}):
                for _, point in points(request):
                    look_up(point, installed())
        except XhError as error:
            problems.append(f"{f'with --profile {profile}' if profile else 'as it is'}: {error}")
    return problems


def facts(record: LanguageSpec) -> list[str]:
    """What is not written in a language's record as groups of languages and readers of distances expect it."""
    strange = [name for name in record.distances if name not in DISTANCES]
    problems = {
        "title: it has no name": not record.title,
        f"iso639_3={record.iso639_3!r}: is not three letters, as 'deu' is": not ISO639_3.fullmatch(record.iso639_3),
        f"script={record.script!r}: is no code of ISO 15924, as 'Latn' is": not SCRIPT.fullmatch(record.script),
        f"distances: {', '.join(strange)} is none of {', '.join(DISTANCES)}": bool(strange),
    }
    return [problem for problem, found in problems.items() if found]


def _why(reference: str, misfit: Misfit) -> str:
    """Why a reference can't be followed, or what it leads to does not fit; what lacks a library can't be checked."""
    try:
        return misfit(resolve(reference))
    except Exception as error:
        lacking = error.__cause__ or error
        if isinstance(lacking, ModuleNotFoundError) and (lacking.name or "").split(".")[0] not in reference:
            raise NotCheckedError(f"{reference} needs {lacking.name}, which is not installed") from error
        return str(getattr(error, "why", "")) or reason(error)


def _led_to(record: Any) -> Iterator[tuple[str, str, Misfit]]:
    """Each reference, and the function that says what is wrong with what it leads to."""
    match record:
        case KindSpec():
            yield "code", record.code, partial(_no_class, TrainedKind if record.trained else Kind)
        case MethodSpec():
            yield "code", record.code, partial(_no_class, Method)
        case EngineSpec():
            yield "run", record.run, partial(_not_called, ("stages", "locations", "listener"))
            if record.check:
                yield "check", record.check, partial(_not_called, ("request",))
        case ReportFormat():
            yield "render", record.render, partial(_not_called, ("results",))
        case CommandSpec():
            yield "command", record.command, _no_command


def _not_called(arguments: tuple[str, ...], found: Any) -> str:
    """Why something can't be called with these arguments; a parameter ``view`` is filled in for report formats."""
    try:
        known = signature(found)
        known.bind(*arguments, **{name: None for name in ("view",) if name in known.parameters})
    except TypeError as error:
        return f"can't be called with {', '.join(arguments)}: {error}"
    return ""


def _no_class(base: type, found: Any) -> str:
    """Why something is no whole subclass."""
    if not (isinstance(found, type) and issubclass(found, base)):
        return f"is not a subclass of xh.api.{base.__name__}"
    lacking = ", ".join(sorted(getattr(found, "__abstractmethods__", ())))
    return f"has no {lacking}" if lacking else ""


def _no_command(found: Any) -> str:
    return "" if isinstance(found, click.Command) else "is not a click command"
