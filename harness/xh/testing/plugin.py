"""What is checked of a whole distribution: what its registration imports, where its records lead, and its tasks."""

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
from xh.plugins.manager import reason
from xh.spec import CommandSpec, EncoderSpec, EngineSpec, KindSpec, MethodSpec, ReportFormat
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
Misfit = Callable[[Any], str]
State = Literal["ok", "failed", "skipped", "unchecked"]


class Outcome(Struct, frozen=True):
    """What one check said of one record, or of the plugin.

    ``sort``: plugin, task, kind, engine …. ``skipped``: the check does not apply, ``unchecked``: it could not look;
    ``why`` says why.
    """

    sort: str
    name: str
    check: str
    state: State
    problems: list[str] = []
    why: str = ""


def outcomes(dist: str, data: str, shared: dict[str, int]) -> Iterator[Outcome]:
    """All checks of a distribution, one by one; ``data`` and ``shared`` as of :func:`~xh.testing.subjects`."""
    yield _weight(dist)
    for sort, record in _records(dist):
        problems = [*references(record)]
        yield Outcome(sort, record.name, "references", "failed" if problems else "ok", problems)
    for subject in subjects(dist, data, shared):
        for name in CHECKS:
            yield _outcome(subject.record.name, name, subject)


def _outcome(task: str, name: str, subject: Any) -> Outcome:
    try:
        problems = check(name, subject)
    except InapplicableError as why:
        return Outcome("task", task, name, "skipped", why=str(why))
    except NotCheckedError as why:
        return Outcome("task", task, name, "unchecked", why=str(why))
    return Outcome("task", task, name, "failed" if problems else "ok", problems)


def _weight(dist: str) -> Outcome:
    """Whether registering the distribution's plugins, in a fresh interpreter, leaves out what is heavy."""
    done = subprocess.run([sys.executable, "-P", "-c", REGISTER, dist], capture_output=True, encoding="utf-8")
    if done.returncode:
        why = f"a fresh interpreter could not register it: {done.stderr.strip().rpartition(chr(10))[2]}"
        return Outcome("plugin", dist, "weight", "unchecked", why=why)
    found = sorted({*done.stdout.splitlines()[-1].split()} & {*HEAVY})
    cure = "every start of xh waits for that; import it inside the functions that need it"
    problems = [f"registering it imports {', '.join(found)}: {cure}"] if found else []
    return Outcome("plugin", dist, "weight", "failed" if problems else "ok", problems)


def _records(dist: str) -> Iterator[tuple[str, Any]]:
    """The distribution's records, except tasks, each with what it is."""
    registry = installed()
    for names in (registry.kinds, registry.methods, registry.encoders, registry.engines, registry.formats):
        yield from ((names.what, claim.record) for _, claim in names if claim.dist == dist)
    yield from (("command", claim.record) for _, claim in registry.commands if claim.dist == dist)


def references(record: Any) -> Iterator[str]:
    """What is wrong with the ``"module:attr"`` texts, and the folder, of a record that is no task's."""
    for field, reference, misfit in _led_to(record):
        try:
            problem = misfit(resolve(reference))
        except Exception as error:
            problem = str(getattr(error, "why", "")) or reason(error)
        if problem:
            yield f"{field}={reference!r}: {problem}"
    if isinstance(record, EncoderSpec) and Path(record.source).is_absolute() and not Path(record.source).is_dir():
        yield f"source: there is no folder {record.source}"


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
        return f"is no subclass of xh.api.{base.__name__}"
    lacking = ", ".join(sorted(getattr(found, "__abstractmethods__", ())))
    return f"has no {lacking}" if lacking else ""


def _no_command(found: Any) -> str:
    return "" if isinstance(found, click.Command) else "is no click command"
