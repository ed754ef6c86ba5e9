"""Brings what a plan needs from the Hub into its cache, before the first stage."""

from functools import cache
from pathlib import Path

from msgspec import structs

from xh.plan.data import hub_patterns
from xh.spec import Files, Hub, MissingError, Site, TaskSpec

ENCODER_FILES = ["config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer*", "special_tokens_map.json"]


def fetch(task: TaskSpec, role: str, lang: str, site: Site) -> None:
    """Have one split's files in the cache; raises :class:`MissingError` if they can't be had."""
    source = task.data
    name = f"{task.name} {role} {lang}"
    if isinstance(source, Files):
        _archive(source, role, lang, site.offline, name)
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


def cached(source: Hub | Files, role: str, lang: str) -> Path:
    """The folder that :func:`fetch` filled; no network is used."""
    if isinstance(source, Files):
        return _archive(source, role, lang, True, source.url or "")
    return _snapshot(source.id, source.revision, ("README.md",), True, "dataset", source.id)


@cache
def _snapshot(repo: str, revision: str, patterns: tuple[str, ...], offline: bool, kind: str, name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            repo, repo_type=kind, revision=revision, allow_patterns=list(patterns), local_files_only=offline
        )
    except Exception as error:
        raise MissingError(f"{name}: {repo}@{revision} is {_state(error, offline)}") from error
    return Path(folder)


@cache
def _archive(source: Files, role: str, lang: str, offline: bool, name: str) -> Path:
    """The folder of an unpacked archive in datasets' download cache."""
    if not source.url:
        raise MissingError(f"{name}: these files can't be downloaded; give the folder that has them with --data DIR")
    from datasets import DownloadConfig, DownloadManager

    url = source.url.format(lang=lang, split=source.splits[role])
    manager = DownloadManager(download_config=DownloadConfig(extract_compressed_file=True, local_files_only=offline))
    try:
        return Path(manager.download_and_extract(url))
    except Exception as error:
        raise MissingError(f"{name}: {url} is {_state(error, offline)}") from error


def _state(error: Exception, offline: bool) -> str:
    if offline:
        return "not in the cache (offline)"
    return f"not to be had: {type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
