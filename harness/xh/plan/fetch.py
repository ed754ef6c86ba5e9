"""Brings what a plan needs from the Hub into its cache, before the first stage."""

import hashlib
from functools import cache
from pathlib import Path

from msgspec import structs

from xh.plan.data import every, hub_patterns
from xh.spec import Files, MissingError, Site, TaskSpec
from xh.spec.data import Source

PATIENCE = 10.0
"""Seconds that the Hub has for a first answer."""

ENCODER_FILES = ["config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer*", "special_tokens_map.json"]


def fetch(task: TaskSpec, role: str, lang: str, site: Site) -> None:
    """Have one split's files in the cache; raises :class:`MissingError` if they can't be had."""
    every(task, lambda source: _fetch(source, role, lang, site, f"{task.name} {role} {lang}"))


def _fetch(source: Source, role: str, lang: str, site: Site, name: str) -> None:
    if isinstance(source, Files):
        if not source.package:
            _archive(_url(source, role, lang), site.offline, name)
        return
    readme = _snapshot(source.id, source.revision, ("README.md",), site.offline, "dataset", name)
    patterns = hub_patterns(source, role, lang, readme)
    _snapshot(source.id, source.revision, tuple(patterns), site.offline, "dataset", name)


def fetch_encoder(site: Site) -> Path:
    """The folder of a Hub encoder in the cache."""
    return _snapshot(
        site.encoder, site.revision or "main", tuple(ENCODER_FILES), site.offline, "model", f"encoder {site.encoder}"
    )


def cached_encoder(site: Site) -> Path:
    """The folder that :func:`fetch_encoder` filled; no network is used."""
    return fetch_encoder(structs.replace(site, offline=True))


def cached(source: Source, role: str, lang: str) -> Path:
    """The folder that :func:`fetch` filled; no network is used."""
    if isinstance(source, Files):
        return _archive(_url(source, role, lang), True, "archive")
    return _snapshot(source.id, source.revision, ("README.md",), True, "dataset", source.id)


@cache
def _snapshot(repo: str, revision: str, patterns: tuple[str, ...], offline: bool, kind: str, name: str) -> Path:
    from huggingface_hub import snapshot_download

    problem = None if offline else _unreachable()
    local = offline or problem is not None
    try:
        folder = snapshot_download(
            repo, repo_type=kind, revision=revision, allow_patterns=list(patterns), local_files_only=local
        )
    except Exception as error:
        state = f"not in the cache, and the Hub can't be reached: {problem}" if problem else _state(error, offline)
        raise MissingError(f"{name}: {repo}@{revision} is {state}") from error
    return Path(folder)


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


def _url(source: Files, role: str, lang: str) -> str:
    return (source.url or "").format(lang=lang, split=source.splits[role])


@cache
def _archive(url: str, offline: bool, name: str) -> Path:
    """The folder of an unpacked tar archive, below the Hub's cache folder."""
    if not url:
        raise MissingError(f"{name}: these files can't be downloaded; give the folder that has them with --data DIR")
    from huggingface_hub.constants import HF_HOME

    folder = Path(HF_HOME) / "xh" / hashlib.sha256(url.encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    try:
        if offline:
            raise FileNotFoundError(folder)
        _unpack(url, folder)
    except Exception as error:
        raise MissingError(f"{name}: {url} is {_state(error, offline)}") from error
    return folder


def _unpack(url: str, folder: Path) -> None:
    """Download and unpack beside the place, then rename: the folder is whole or not there."""
    import tarfile
    from tempfile import TemporaryDirectory
    from urllib.request import urlopen

    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as work:
        with urlopen(url, timeout=60) as response, tarfile.open(fileobj=response, mode="r|*") as archive:
            archive.extractall(Path(work) / "files", filter="data")
        (Path(work) / "files").rename(folder)


def _state(error: Exception, offline: bool) -> str:
    if offline:
        return "not in the cache (offline)"
    return f"not to be had: {type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
