"""Where the rows of a task lie on this machine. What is hashed for a fingerprint is exactly what a stage reads."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import xh.mini
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
from xh.spec import Files, Hub, Locations, MissingError, TaskSpec, UsageError
from xh.spec.data import Source, is_commit
from xh.spec.kinds import facts

T = TypeVar("T")
OWN = re.compile(r"[\w:.-]+=")
NEXT = re.compile(rf",(?={OWN.pattern})")
LOCAL = re.compile(r"^local/[^/]+/")
SAMPLE = "sample"
HUB = "hub"


def places(*texts: str) -> tuple[str | None, dict[str, str]]:
    """``"hub,mlm=text"`` as where the data sets are, if it says so, and the folders of tasks that have their own.

    A folder that exists is taken by its whole name, commas and ``=`` in it too.
    """
    parts = [part for text in texts if text for part in _parts(text)]
    own = dict(part.split("=", 1) for part in parts if not _is_place(part) and OWN.match(part))
    main = list(dict.fromkeys(part for part in parts if _is_place(part) or not OWN.match(part)))
    if len(main) > 1:
        todo = f"Say one of them; TASK=FOLDER, beside it, is one task's own, e.g. mlm={main[1]}."
        raise UsageError(f"--data names several places: {', '.join(main)}.", todo=todo)
    return next(iter(main), None), own


def _parts(text: str) -> list[str]:
    """The text cut at commas before ``TASK=``, but not within the longest name of a folder that exists."""
    owner = OWN.match(text)
    for cut in sorted((len(text), *(comma.start() for comma in NEXT.finditer(text))), reverse=True):
        if _is_place(text[:cut]) or (owner and _is_place(text[owner.end() : cut])):
            return [text[:cut], *(_parts(text[cut + 1 :]) if cut < len(text) else ())]
    return NEXT.split(text)


def _is_place(name: str) -> bool:
    return name in (HUB, SAMPLE) or is_folder(name)


def is_folder(name: str) -> bool:
    """Whether there is such a folder; no name at all is not the current one."""
    return bool(name) and os.path.isdir(Path(name).expanduser())  # noqa: PTH112 - pathlib raises for a name too long


def data_folder(name: str) -> Path | None:
    """The folder that ``--data`` names: ``sample`` is the embedded set, ``hub`` is none."""
    if name == HUB:
        return None
    if name == SAMPLE:
        return xh.mini.SAMPLE
    if not is_folder(name):
        raise MissingError(
            f"--data {name}: there is no such folder.",
            todo="Say hub, sample, or a folder laid out as <org>/<name>/…, as hf download --local-dir makes it.",
        )
    return Path(name).expanduser().resolve()


def locate(task: TaskSpec, role: str, lang: str, locations: Locations) -> list[Path]:
    """The files of one split in one language; raises :class:`MissingError` that names what was looked for."""
    return [path for _, paths in located(task, role, lang, locations) for path in paths]


def located(task: TaskSpec, role: str, lang: str, locations: Locations) -> list[tuple[Source, list[Path]]]:
    """The files of one split in one language by source: the user's own folder for the task, or else the record's."""
    if found := own_source(task, role, lang, locations):
        return [found]
    return every(task.sources_of(role, lang), lambda source: (source, files(task, source, role, lang, locations)))


def own_source(task: TaskSpec, role: str, lang: str, locations: Locations) -> tuple[Source, list[Path]] | None:
    """A split's files in the folder that ``--data TASK=FOLDER`` names; none without it, or if it has none.

    They are named after language and split, or as the record names files; those of ``local/<name>/`` need not be there.
    """
    if task.base not in locations.own:
        return None
    folder, plain = Path(locations.own[task.base]), Files(paths=(), splits={})
    names = [f"{lang}.txt", f"{lang}.txt.gz"] if facts(task.kind).text else [f"{lang}/{role}{end}" for end in ENDINGS]
    choices = [(plain, name) for name in names]
    for source in task.sources_of(role, lang):
        if isinstance(source, Files):
            named = file_names(source, role, lang)
            choices += [(source, name) for name in (*named, *(LOCAL.sub("", name) for name in named))]
    found = ((source, matching(folder, name)) for source, name in choices)
    return next((each for each in found if each[1]), None)


def every(sources: Iterable[Source], work: Callable[[Source], T]) -> list[T]:
    """What ``work`` gives for each source; raises one error that names all that is missing."""
    found, missing = [], []
    for source in sources:
        try:
            found.append(work(source))
        except MissingError as error:
            missing.append(error.what)
    if missing:
        raise MissingError("; ".join(dict.fromkeys(missing)))
    return found


def files(task: TaskSpec, source: Source, role: str, lang: str, locations: Locations) -> list[Path]:
    """The files of one of the task's sources."""
    try:
        return _located(source, role, lang, locations)
    except MissingError as error:
        raise MissingError(f"{task.name} {role} {lang}: {error.what}") from error


def _located(source: Source, role: str, lang: str, locations: Locations) -> list[Path]:
    root = _root(source, role, lang, locations)
    if isinstance(source, Files):
        named = {name: matching(root, name) for name in file_names(source, role, lang)}
        if missing := [str(root / name) for name, paths in named.items() if not paths]:
            raise MissingError(f"no {', '.join(missing)}" + (f"; {source.hint}" if source.hint else ""))
        return [path for paths in named.values() for path in paths]
    if not root.is_dir():
        raise MissingError(f"no {root}")
    config, split = config_and_split(source, role, lang)
    for pattern in hub_patterns(source, role, lang, root):
        if found := matching(root, pattern):
            if not NUMBERED.search(split):
                check_parts(found)
            return found
    if (root / script(source)).is_file():
        raise MissingError(
            f"{hub.named(source.id, source.revision)} is a loading script, which datasets no longer runs; name a "
            "revision of it that is parquet (often refs/convert/parquet is), or say --data TASK=FOLDER"
        )
    where = f"{config}/{split}-*.parquet" if config else f"{split}-*.parquet"
    raise MissingError(f"no {root / where}")


def card(source: Source, role: str, lang: str, locations: Locations) -> list[Path]:
    """The card of a data set, which may say where its files are; none if it has none."""
    path = _root(source, role, lang, locations) / "README.md"
    return [path] if isinstance(source, Hub) and path.is_file() else []


def identity(task: TaskSpec, role: str, lang: str, locations: Locations) -> str:
    """What the data are, for a fingerprint: the commit on the Hub, or a hash of the files' contents."""
    if locations.data is not None or own_source(task, role, lang, locations):
        return content_hash(locate(task, role, lang, locations))
    return " + ".join(
        dict.fromkeys(_pinned(task, source, role, lang, locations) for source in task.sources_of(role, lang))
    )


def _pinned(task: TaskSpec, source: Source, role: str, lang: str, locations: Locations) -> str:
    if isinstance(source, Files) and source.package:
        return content_hash(files(task, source, role, lang, locations))
    return source.revision if isinstance(source, Hub) and is_commit(source.revision) else origin(source, role, lang)


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


def _root(source: Source, role: str, lang: str, locations: Locations) -> Path:
    if isinstance(source, Files) and source.package:
        spec = find_spec(source.package)
        if spec is None or not spec.submodule_search_locations:
            raise MissingError(f"The package {source.package!r} that carries the data can't be found.")
        return Path(spec.submodule_search_locations[0])
    if locations.data is None:
        from xh.data import fetch

        return fetch.cached(source, role, lang)
    return Path(locations.data) / source.id if isinstance(source, Hub) else Path(locations.data)
