"""The list of what was fetched into a place, with checksums: ``xh-manifest.json``."""

from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec
from filelock import FileLock
from msgspec import Struct

from xh.data import fetch
from xh.data.locate import file_hash
from xh.spec import MissingError, StorageError
from xh.spec.errors import UNPARSABLE
from xh.spec.task import is_plain

NAME = "xh-manifest.json"


class Entry(Struct, frozen=True):
    """One file: where it came from (``id@revision``, or an archive's address), its bytes, its SHA-256."""

    origin: str
    size: int
    sha256: str


class Manifest(Struct, frozen=True):
    """Files by path, relative to the manifest's folder where they lie below it. It is written after all of them."""

    files: dict[str, Entry]
    schema: int = 1


def read(folder: Path) -> Manifest:
    """The manifest of a folder, empty where there is none; raises :class:`MissingError` if it does not parse.

    Only that of the cache may name files elsewhere: a mirror may be somebody else's, and damaged files are removed.
    """
    path, cache = folder / NAME, folder == fetch.home()
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        if wrong := [name for name in manifest.files if not is_plain(name.removeprefix("/" if cache else ""))]:
            raise ValueError(f"{wrong[0]!r} is not a file below its folder")
        return manifest
    except FileNotFoundError:
        return Manifest({})
    except UNPARSABLE as error:
        todo = "Remove it and run xh fetch again; complete files are not downloaded twice."
        raise MissingError(f"{path} does not parse.", why=str(error), todo=todo) from error


def add(folder: Path, origins: dict[Path, str], gone: Collection[str] = ()) -> None:
    """Take files into the manifest of a folder, hashing each, and drop those that are gone, in one step."""
    fresh = {
        str(path.relative_to(folder) if path.is_relative_to(folder) else path): Entry(
            origin, path.stat().st_size, file_hash(path)
        )
        for path, origin in origins.items()
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{NAME}.lock"):
            kept = {name: entry for name, entry in read(folder).files.items() if name not in gone}
            work = folder / f".{NAME}.new"
            text = msgspec.json.encode(Manifest(kept | fresh), order="sorted")
            work.write_bytes(msgspec.json.format(text, indent=1))
            work.replace(folder / NAME)
    except OSError as error:
        todo = "Free some space, or name another folder."
        raise StorageError(f"{folder} can't be written.", why=str(error), todo=todo) from error


def problems(folder: Path, manifest: Manifest, origins: Iterable[str] | None = None) -> dict[Path, str]:
    """What became of files since they were fetched, ``missing`` or ``damaged``, by path; of these origins only."""
    wanted = None if origins is None else set(origins)
    entries = {folder / name: entry for name, entry in manifest.files.items()}
    states = {
        path: _problem(path, entry) for path, entry in entries.items() if wanted is None or entry.origin in wanted
    }
    return {path: problem for path, problem in states.items() if problem}


def _problem(path: Path, entry: Entry) -> str | None:
    if not path.is_file():
        return "missing"
    return None if path.stat().st_size == entry.size and file_hash(path) == entry.sha256 else "damaged"
