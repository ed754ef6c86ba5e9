"""Where the rows of a task lie on this machine. What is hashed for a fingerprint is exactly what a stage reads."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import xh.mini
from xh.plan import hub
from xh.spec import Files, Hub, MissingError, Site, TaskSpec, UsageError
from xh.spec.data import Source, is_commit
from xh.spec.errors import UNPARSABLE
from xh.spec.kinds import facts
from xh.spec.task import is_plain

T = TypeVar("T")
OWN = re.compile(r"[\w:.-]+=")
NEXT = re.compile(rf",(?={OWN.pattern})")
LOCAL = re.compile(r"^local/[^/]+/")
SAMPLE = "sample"
HUB = "hub"
PART = re.compile(r"-\d+-of-(\d+)")
DEEPEST = 50
"""How deeply a data-set card may be nested."""
NUMBERED = re.compile(r"-\d+$")
"""The end of a split that is one part of a larger one."""
ENDINGS = ("-*.parquet", ".parquet", ".jsonl", "-*.jsonl", ".csv", ".tsv", "/*.parquet")
"""What follows a split's name; the last is how the Hub's own conversions (``refs/convert/parquet``) are laid out."""


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


def locate(task: TaskSpec, role: str, lang: str, site: Site) -> list[Path]:
    """The files of one split in one language; raises :class:`MissingError` that names what was looked for."""
    return [path for _, paths in located(task, role, lang, site) for path in paths]


def located(task: TaskSpec, role: str, lang: str, site: Site) -> list[tuple[Source, list[Path]]]:
    """The files of one split in one language by source: the user's own folder for the task, or else the record's."""
    if found := own_source(task, role, lang, site):
        return [found]
    return every(task.sources_of(role, lang), lambda source: (source, files(task, source, role, lang, site)))


def own_source(task: TaskSpec, role: str, lang: str, site: Site) -> tuple[Source, list[Path]] | None:
    """A split's files in the folder that ``--data TASK=FOLDER`` names; none without it, or if it has none.

    They are named after language and split, or as the record names files; those of ``local/<name>/`` need not be there.
    """
    if task.base not in site.own:
        return None
    folder, plain = Path(site.own[task.base]), Files(paths=(), splits={})
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


def files(task: TaskSpec, source: Source, role: str, lang: str, site: Site) -> list[Path]:
    """The files of one of the task's sources."""
    try:
        return _located(source, role, lang, site)
    except MissingError as error:
        raise MissingError(f"{task.name} {role} {lang}: {error.what}") from error


def _located(source: Source, role: str, lang: str, site: Site) -> list[Path]:
    root = _root(source, role, lang, site)
    if isinstance(source, Files):
        named = {name: matching(root, name) for name in file_names(source, role, lang)}
        if missing := [str(root / name) for name, paths in named.items() if not paths]:
            raise MissingError(f"no {', '.join(missing)}" + (f"; {source.hint}" if source.hint else ""))
        return [path for paths in named.values() for path in paths]
    if not root.is_dir():
        raise MissingError(f"no {root}")
    config, split = _names(source, role, lang)
    for pattern in _patterns(root, config, split):
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


def script(source: Hub) -> str:
    """What a data set's loading script is called, where it has one."""
    return f"{source.id.rpartition('/')[2]}.py"


def card(source: Source, role: str, lang: str, site: Site) -> list[Path]:
    """The card of a data set, which may say where its files are; none if it has none."""
    path = _root(source, role, lang, site) / "README.md"
    return [path] if isinstance(source, Hub) and path.is_file() else []


def file_names(source: Files, role: str, lang: str) -> list[str]:
    """The relative paths of a split's files, or patterns of them."""
    return [pattern.format(lang=lang, split=source.splits[role]) for pattern in source.paths]


def matching(root: Path, pattern: str) -> list[Path]:
    """The files below ``root`` of this name or pattern, sorted; raises :class:`MissingError` for what only looks so.

    To read a FIFO or a device may last for ever.
    """
    found = sorted(path for path in root.glob(pattern) if path.exists())
    for path in found:
        if not path.is_file() and not (path.is_dir() and path != root / pattern):
            raise MissingError(f"{path} is a {_kind(path)}, not a file")
    return [path for path in found if path.is_file()]


def _kind(path: Path) -> str:
    return "folder" if path.is_dir() else "FIFO" if path.is_fifo() else "socket" if path.is_socket() else "device"


def check_parts(paths: list[Path]) -> None:
    """Raise :class:`MissingError` if only some of the files ``…-00000-of-00003…`` are there."""
    for path in paths:
        part = PART.search(path.name)
        if part and sum(each.name.count(f"-of-{part[1]}") for each in paths) < int(part[1]):
            raise MissingError(f"not all {int(part[1])} parts of {path.with_name(PART.sub('-*', path.name))}")


def identity(task: TaskSpec, role: str, lang: str, site: Site) -> str:
    """What the data are, for a fingerprint: the commit on the Hub, or a hash of the files' contents."""
    if site.data is not None or own_source(task, role, lang, site):
        return content_hash(locate(task, role, lang, site))
    return " + ".join(dict.fromkeys(_pinned(task, source, role, lang, site) for source in task.sources_of(role, lang)))


def _pinned(task: TaskSpec, source: Source, role: str, lang: str, site: Site) -> str:
    if isinstance(source, Files) and source.package:
        return content_hash(files(task, source, role, lang, site))
    return source.revision if isinstance(source, Hub) and is_commit(source.revision) else origin(source, role, lang)


def origin(source: Source, role: str, lang: str) -> str:
    """Where a split's files come from: ``id@revision`` on the Hub, or an archive's address."""
    if isinstance(source, Hub):
        return f"{source.id}@{source.revision}"
    return (source.url or "").format(lang=lang, split=source.splits[role]) or source.hint


def content_hash(paths: list[Path]) -> str:
    """SHA-256 over the contents of the files, in order: 16 hex digits."""
    return "sha256:" + hashlib.sha256("".join(map(file_hash, paths)).encode()).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """SHA-256 of a file: 64 hex digits. An unchanged file is read once per process."""
    return _file_hash(path, path.stat().st_size, path.stat().st_mtime_ns)


@cache
def _file_hash(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _root(source: Source, role: str, lang: str, site: Site) -> Path:
    if isinstance(source, Files) and source.package:
        spec = find_spec(source.package)
        if spec is None or not spec.submodule_search_locations:
            raise MissingError(f"The package {source.package!r} that carries the data can't be found.")
        return Path(spec.submodule_search_locations[0])
    if site.data is None:
        from xh.plan import fetch

        return fetch.cached(source, role, lang)
    return Path(site.data) / source.id if isinstance(source, Hub) else Path(site.data)


def _names(source: Hub, role: str, lang: str) -> tuple[str | None, str]:
    code = source.codes.get(lang, lang)
    return (source.config.format(lang=code) if source.config else None), source.splits[role]


def hub_patterns(source: Hub, role: str, lang: str, folder: Path) -> list[str]:
    """The glob patterns under which a split's files may lie in a repository whose README is in ``folder``."""
    return list(_patterns(folder, *_names(source, role, lang)))


def _patterns(root: Path, config: str | None, split: str) -> Iterator[str]:
    yield from _declared(root / "README.md", config, split)
    for folder in (f"{config}/", f"data/{config}/", "data/", "") if config else ("data/", "default/", ""):
        yield from (f"{folder}{split}{ending}" for ending in ENDINGS)


def _declared(readme: Path, config: str | None, split: str) -> Iterator[str]:
    for entry in _configs(readme):
        if config not in (None, entry.get("config_name")):
            continue
        files = entry.get("data_files", [])
        for item in files if isinstance(files, list) else []:
            if isinstance(item, dict) and item.get("split") == split:
                yield from filter(None, map(_inside, _listed(item.get("path"))))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _inside(pattern: Any) -> str | None:
    """A card's pattern; None where it is none, or would lead out of the card's folder."""
    path = str(PurePosixPath(pattern)) if isinstance(pattern, str) else ""
    odd = any("**" in part and part != "**" for part in path.split("/"))
    return path if is_plain(path) and not odd else None


@cache
def _configs(readme: Path) -> list[dict[str, Any]]:
    """The ``configs`` of a data-set card's YAML header; none where it has no header that can be read."""
    if not readme.is_file():
        return []
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = readme.read_text(encoding="utf-8")
        header = text.split("---", 2)[1] if text.startswith("---") and text.count("---") > 1 else ""
        # The fast loader crashes on what is nested very deeply; its events come one by one.
        steps = (
            isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            for event in yaml.parse(header, loader)
        )
        if any(depth > DEEPEST for depth in accumulate(steps)):
            return []
        found = yaml.load(header, Loader=loader)
    except (yaml.YAMLError, *UNPARSABLE):
        return []
    configs = found.get("configs") if isinstance(found, dict) else None
    return [entry for entry in configs if isinstance(entry, dict)] if isinstance(configs, list) else []
