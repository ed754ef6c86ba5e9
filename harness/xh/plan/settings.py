"""Profiles: what ``tasks.toml`` says, the packaged one and on top of it the one in the current folder."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from xh.plugins.registry import known
from xh.spec import StudySpec, UsageError
from xh.spec.recipe import Values

NAME = "tasks.toml"


class Profile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A named set of encoder, data source (hub, sample or a folder) and recipes by kind or task.

    ``tokens_per_second``: what one GPU is taken to train, for the estimate of ``xh plan``.
    """

    title: str = ""
    encoder: str | None = None
    data: str = "hub"
    tokens_per_second: Annotated[float, Meta(gt=0)] | None = None
    recipes: dict[str, Values] = field(default_factory=dict)
    origin: str = ""


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """A ``tasks.toml``; ``mixtures``: names for mixtures, as they would be typed; ``studies``: their records.

    ``engines``: by engine its settings.
    """

    profiles: dict[str, Profile] = field(default_factory=dict)
    mixtures: dict[str, str] = field(default_factory=dict)
    studies: dict[str, Values] = field(default_factory=dict)
    engines: dict[str, Values] = field(default_factory=dict)


def packaged() -> Path:
    """The ``tasks.toml`` that came with xh: inside the package, or at the top of a checkout."""
    inside = Path(__file__).parents[1] / NAME
    return inside if inside.exists() else Path(__file__).parents[3] / NAME


def profiles() -> dict[str, Profile]:
    """All profiles; one in the current folder's ``tasks.toml`` replaces a packaged one of the same name."""
    by_name: dict[str, Profile] = {}
    for path in _files():
        by_name |= read(path)
    return by_name


def mixtures() -> dict[str, str]:
    """The mixtures that have a name, from the same files."""
    by_name: dict[str, str] = {}
    for path in _files():
        by_name |= _document(path).mixtures
    return by_name


def studies() -> dict[str, StudySpec]:
    """The studies of the same files."""
    by_name: dict[str, StudySpec] = {}
    for path in _files():
        for name, values in _document(path).studies.items():
            try:
                by_name[name] = msgspec.convert({"name": name, "title": name} | values, StudySpec)
            except msgspec.ValidationError as error:
                raise UsageError(f"{path} [studies.{name}] is invalid.", why=str(error)) from error
    return by_name


def engine_sections(name: str) -> list[tuple[Path, Values]]:
    """What the same files say of an engine, those that count more behind."""
    found = [(path, _document(path).engines.get(name)) for path in _files()]
    return [(path, values) for path, values in found if values is not None]


def _files() -> list[Path]:
    return [path for path in dict.fromkeys([packaged(), Path(NAME).absolute()]) if path.is_file()]


def profile(name: str | None) -> Profile:
    """The profile of this name; None is the empty one: every recipe at its kind's defaults, data from the Hub."""
    if name is None:
        return Profile()
    everything = profiles()
    known("profile", name, everything)
    return everything[name]


def read(path: Path) -> dict[str, Profile]:
    """The profiles of one file; errors name the file and the line or the key."""
    return {
        name: msgspec.structs.replace(entry, origin=f"{path.name} [profiles.{name}")
        for name, entry in _document(path).profiles.items()
    }


def _document(path: Path) -> Document:
    """A file's contents; an unchanged one is read once per process."""
    state = path.stat()
    return _parsed(path, state.st_size, state.st_mtime_ns)


@cache
def _parsed(path: Path, size: int, changed: int) -> Document:
    try:
        tree: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(tree, Document)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML.", why=str(error), todo="Correct that line.") from error
    except msgspec.ValidationError as error:
        raise UsageError(f"{path} is invalid.", why=str(error), todo="Correct that key.") from error
