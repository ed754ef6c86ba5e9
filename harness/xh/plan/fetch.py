"""Brings what a plan needs from the Hub: into its cache, or into a folder that is laid out like it.

Every file comes under its name only when it is whole, so that what a killed process left is just missing.
"""

import os
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from msgspec import structs

from xh.plan.data import file_names, hub_patterns, matching, origin
from xh.spec import Files, Hub, MissingError, Site
from xh.spec.data import Source

Split = tuple[Source, str, str]
"""A source, a role and a language."""

PATIENCE = 10.0
"""Seconds that the Hub has for a first answer."""

PRIVATE = "these files can't be downloaded; give the folder that has them with --data DIR"
ENCODER_FILES = ("config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer*", "special_tokens_map.json")


def home() -> Path:
    """The folder of xh in the Hub's cache."""
    from huggingface_hub.constants import HF_HOME

    return Path(HF_HOME) / "xh"


def forbidden() -> bool:
    """Whether the environment forbids the network, as the Hub's own client reads it."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def distant(source: Source) -> bool:
    """Whether the files do not come with a package."""
    return isinstance(source, Hub) or not source.package


def public(source: Source) -> bool:
    """Whether a source's files can be downloaded."""
    return source.revision != "local" if isinstance(source, Hub) else bool(source.url)


def _private(source: Source) -> str:
    return (isinstance(source, Files) and source.hint) or PRIVATE


def bring(splits: Iterable[Split], folder: Path | None = None) -> dict[str, str]:
    """Download what is not there yet, into the cache or below ``folder``; returns why an origin can't be had."""
    origins: dict[str, list[Split]] = {}
    for split in splits:
        origins.setdefault(origin(*split), []).append(split)
    problems: dict[str, str] = {}
    for name, group in origins.items():
        try:
            _bring(name, group, folder)
        except MissingError as error:
            problems[name] = error.what
    return problems


def _bring(name: str, splits: list[Split], folder: Path | None) -> None:
    first = splits[0][0]
    if not public(first):
        raise MissingError(_private(first))
    if isinstance(first, Files):
        for source, role, lang in splits:
            assert isinstance(source, Files)
            _archive(name, file_names(source, role, lang), folder or _unpacked(name))
        return
    target = folder / first.id if folder else None
    card = _snapshot(first.id, first.revision, ("README.md",), "dataset", False, target)
    patterns = [
        pattern
        for source, role, lang in splits
        if isinstance(source, Hub)
        for pattern in hub_patterns(source, role, lang, card)
    ]
    _snapshot(first.id, first.revision, tuple(dict.fromkeys(patterns)), "dataset", False, target)


def cached(source: Source, role: str, lang: str) -> Path:
    """The folder that :func:`bring` filled in the cache; no network is used."""
    name = origin(source, role, lang)
    if isinstance(source, Hub):
        card = _snapshot(source.id, source.revision, ("README.md",), "dataset", True)
        return _snapshot(source.id, source.revision, tuple(hub_patterns(source, role, lang, card)), "dataset", True)
    if not public(source):
        raise MissingError(_private(source))
    if not _unpacked(name).is_dir():
        raise MissingError(f"{name} is not in the cache (offline)")
    return _unpacked(name)


def fetch_encoder(site: Site, folder: Path | None = None) -> Path:
    """The folder of a Hub encoder: in the cache, or ``folder`` itself."""
    return _snapshot(site.encoder, site.revision or "main", ENCODER_FILES, "model", site.offline, folder)


def cached_encoder(site: Site) -> Path:
    """The folder that :func:`fetch_encoder` filled in the cache; no network is used."""
    return fetch_encoder(structs.replace(site, offline=True))


@cache
def _snapshot(
    repo: str, revision: str, patterns: tuple[str, ...], kind: str, offline: bool, folder: Path | None = None
) -> Path:
    from huggingface_hub import snapshot_download

    problem = None if offline else _unreachable()
    # With a folder the client copies what its cache has, and not in one step; so it gets an empty one.
    nowhere = folder / ".cache" / "none" if folder else None
    try:
        found: str = snapshot_download(
            repo,
            repo_type=kind,
            revision=revision,
            allow_patterns=list(patterns),
            local_dir=folder,
            cache_dir=nowhere,
            local_files_only=bool(offline or problem),
        )
    except Exception as error:
        state = f"not in the cache, and the Hub can't be reached: {problem}" if problem else _state(error, offline)
        raise MissingError(f"{repo}@{revision} is {state}") from error
    return Path(found)


@cache
def _unreachable() -> str | None:
    """Why the Hub can't be reached, asked once and not for long; None if it can."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    from huggingface_hub.constants import ENDPOINT

    try:
        urlopen(Request(ENDPOINT, method="HEAD"), timeout=PATIENCE).close()
    except HTTPError:
        return None
    except OSError as error:
        return f"{ENDPOINT}: {getattr(error, 'reason', error)}"
    return None


def _unpacked(url: str) -> Path:
    """The folder of an archive's files in the cache."""
    import hashlib

    return home() / hashlib.sha256(url.encode()).hexdigest()[:16]


def _archive(url: str, wanted: list[str], folder: Path) -> None:
    """Have the files of a tar archive below a folder."""
    if all(matching(folder, name) for name in wanted):
        return
    try:
        _unpack(url, folder)
    except Exception as error:
        raise MissingError(f"{url} is {_state(error, False)}") from error


def _unpack(url: str, folder: Path) -> None:
    """Download and unpack beside the place, then move file by file."""
    import tarfile
    from urllib.request import urlopen

    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    work = folder / ".unpacking"
    with FileLock(folder / ".unpacking.lock"):
        shutil.rmtree(work, ignore_errors=True)
        with urlopen(url, timeout=60) as response, tarfile.open(fileobj=response, mode="r|*") as archive:
            archive.extractall(work, filter="data")
        for path in [path for path in work.rglob("*") if path.is_file()]:
            place = folder / path.relative_to(work)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
        shutil.rmtree(work)


def _state(error: Exception, offline: bool) -> str:
    if offline:
        return "not in the cache (offline)"
    return f"not to be had: {type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
