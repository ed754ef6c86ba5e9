"""Where the rows of a task lie on this machine. What is hashed for a fingerprint is exactly what a stage reads."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from xh.data import hub
from xh.data.patterns import (
    ENDINGS,
    NUMBERED,
    check_parts,
    config_and_split,
    file_names,
    hub_patterns,
    matching,
    origin,
    script,
)
from xh.spec import Files, Hub, Locations, MissingError, TaskSpec
from xh.spec.data import DataSplit, Source, is_commit
from xh.spec.kinds import facts
from xh.spec.reference import resolve

LOCAL = re.compile(r"^local/[^/]+/")
PLAIN = Files(paths=(), splits={})
"""Of a user's own files, with the columns of the task's data."""


def locate(task: TaskSpec, split: str, lang: str, locations: Locations) -> list[Path]:
    """The files of one split in one language; raises :class:`MissingError` that names what was looked for."""
    return [path for _, paths in located(task, split, lang, locations) for path in paths]


def located(task: TaskSpec, split: str, lang: str, locations: Locations) -> list[tuple[Source, list[Path]]]:
    """The files of one split in one language by source: the user's own folder for the task, or else the record's."""
    if own := own_sources(task, split, lang, locations):
        return own
    there, lacking = search(task.sources_of(split, lang), split, lang, locations)
    if lacking:
        reasons = dict.fromkeys(reason for _, reason in lacking)
        raise MissingError(f"{DataSplit(task.name, split, lang)}: {'; '.join(reasons)}")
    return there


def search(
    sources: Iterable[Source], split: str, lang: str, locations: Locations
) -> tuple[list[tuple[Source, list[Path]]], list[tuple[Source, str]]]:
    """The files of a split in each of its sources, and of those that do not have them why."""
    there, lacking = [], []
    for source in sources:
        try:
            there.append((source, files(source, split, lang, locations)))
        except MissingError as error:
            lacking.append((source, error.what))
    return there, lacking


def own_sources(task: TaskSpec, split: str, lang: str, locations: Locations) -> list[tuple[Source, list[Path]]]:
    """A split's files in the folder that ``--data TASK=FOLDER`` names; none without it, or if it has none.

    They are named after language and split, or as the record names files, those of ``local/<name>/`` also without that;
    or they are laid out as on the Hub, ``FOLDER/<org>/<name>/…``, or ``FOLDER`` is such a data set.
    """
    if task.base not in locations.own:
        return []
    folder, sources = Path(locations.own[task.base]), task.sources_of(split, lang)
    text = facts(task.kind).text
    plain = next((source for source in sources if isinstance(source, Hub) and source.function and not text), PLAIN)
    names = [f"{lang}.txt", f"{lang}.txt.gz"] if text else [f"{lang}/{split}{end}" for end in ENDINGS]
    choices = [(plain, name) for name in names]
    for source in sources:
        if isinstance(source, Files):
            named = file_names(source, split, lang)
            choices += [(source, name) for name in (*named, *(LOCAL.sub("", name) for name in named))]
    matches = ((source, matching(folder, name)) for source, name in choices)
    if found := next((each for each in matches if each[1]), None):
        return [found]
    return _laid_out(sources, split, lang, folder) if lang in (*task.languages, *task.translated) else []


def _laid_out(sources: Sequence[Source], split: str, lang: str, folder: Path) -> list[tuple[Source, list[Path]]]:
    """The files of all sources, each in the folder of its name; of the only one also in a copy of its repository."""
    found: list[tuple[Source, list[Path]]] = []
    for source in sources:
        if not isinstance(source, Hub):
            return []
        config, _ = config_and_split(source, split, lang)
        is_copy = len(sources) == 1 and ((folder / "README.md").is_file() or (config and (folder / config).is_dir()))
        roots = [folder / source.id, *([folder] if is_copy else [])]
        paths = next(filter(None, (_of_hub(source, split, lang, root) for root in roots)), None)
        if not paths:
            return []
        found.append((source, paths))
    return found


def files(source: Source, split: str, lang: str, locations: Locations) -> list[Path]:
    """The files of one source of a split, in the first place that has them; raises :class:`MissingError` if none has.

    The error says what is not there.
    """
    lacking = []
    for root in _roots(source, split, lang, locations):
        try:
            return _files_in(root, source, split, lang)
        except MissingError as error:
            lacking.append(error.what)
    raise MissingError(" and ".join(lacking))


def _files_in(root: Path, source: Source, split: str, lang: str) -> list[Path]:
    if isinstance(source, Files):
        named = {name: matching(root, name) for name in file_names(source, split, lang)}
        if missing := [str(root / name) for name, paths in named.items() if not paths]:
            raise MissingError(f"no {', '.join(missing)}" + (f"; {source.hint}" if source.hint else ""))
        found = [path for paths in named.values() for path in paths]
        if source.holds and not resolve(source.holds)(found, lang):
            raise MissingError(f"no {lang} in {', '.join(map(str, found))}")
        return found
    if not root.is_dir():
        raise MissingError(f"no {root}")
    if paths := _of_hub(source, split, lang, root):
        return paths
    if (root / script(source)).is_file():
        raise MissingError(
            f"{hub.named(source.id, source.revision)} is a loading script, which datasets no longer runs; name a "
            "revision in parquet (often refs/convert/parquet), or use --data TASK=FOLDER"
        )
    config, name = config_and_split(source, split, lang)
    where = f"{config}/{name}-*.parquet" if config else f"{name}-*.parquet"
    raise MissingError(f"no {root / where}")


def _of_hub(source: Hub, split: str, lang: str, root: Path) -> list[Path]:
    """A split's files in the folder of a data set; none if it has none. Raises if it lacks some of their parts."""
    paths = next(filter(None, (matching(root, pattern) for pattern in hub_patterns(source, split, lang, root))), [])
    if not NUMBERED.search(config_and_split(source, split, lang)[1]):
        check_parts(paths)
    return paths


def card(source: Source, split: str, lang: str, locations: Locations) -> list[Path]:
    """The card of a data set, which may say where its files are; none if it has none."""
    path = _roots(source, split, lang, locations)[0] / "README.md"
    return [path] if isinstance(source, Hub) and path.is_file() else []


def identity(task: TaskSpec, split: str, lang: str, locations: Locations) -> str:
    """What the data are, for a fingerprint: the commit on the Hub, or a hash of the files' contents."""
    if locations.data is not None or own_sources(task, split, lang, locations):
        return content_hash(locate(task, split, lang, locations))
    sources = task.sources_of(split, lang)
    return " + ".join(dict.fromkeys(_pinned(source, split, lang, locations) for source in sources))


def _pinned(source: Source, split: str, lang: str, locations: Locations) -> str:
    if isinstance(source, Files) and source.package:
        return content_hash(files(source, split, lang, locations))
    return source.revision if isinstance(source, Hub) and is_commit(source.revision) else origin(source, split, lang)


def content_hash(paths: list[Path]) -> str:
    """SHA-256 over the contents of the files, in order: 16 hex digits."""
    return "sha256:" + hashlib.sha256("".join(map(file_hash, paths)).encode()).hexdigest()[:16]


def path_hash(path: Path) -> str:
    """The hash of a file's content, or of those of all files below a folder, with their names there."""
    if path.is_file():
        return content_hash([path])
    found = sorted(each for each in path.rglob("*") if each.is_file())
    names = "".join(f"{each.relative_to(path)}\0{file_hash(each)}\0" for each in found)
    return "sha256:" + hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """SHA-256 of a file: 64 hex digits. An unchanged file is read once per process."""
    return _file_hash(path, path.stat().st_size, path.stat().st_mtime_ns)


@cache
def _file_hash(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _roots(source: Source, split: str, lang: str, locations: Locations) -> list[Path]:
    """The folders in which a source's files may lie."""
    if isinstance(source, Files) and source.package:
        spec = find_spec(source.package)
        if spec is None or not spec.submodule_search_locations:
            raise MissingError(f"The package {source.package!r} that carries the data can't be found.")
        return [Path(spec.submodule_search_locations[0])]
    if locations.data is None:
        from xh.data import fetch

        return [fetch.cached(source, split, lang)]
    return [
        Path(folder) / (source.id if isinstance(source, Hub) else "") for folder in (locations.data, *locations.others)
    ]
