"""Brings what a plan needs from the Hub: into its cache, or into a folder that is laid out like it.

Every file comes under its name only when it is whole, so that what a killed process left is just missing.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from xh.data import hub
from xh.data.patterns import file_names, hub_patterns, matching, origin, script
from xh.spec import EncoderSource, Files, Hub, Locations, MissingError
from xh.spec.data import Source

PRIVATE = "these files can't be downloaded; give the folder that has them with --data DIR"
ENCODER_FILES = ("config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer*", "special_tokens_map.json")
FAST = "tokenizer.json"
PICKLED = ("pytorch_model.bin", "pytorch_model-*.bin")
SLOW = ("*.model", "vocab.txt", "vocab.json", "merges.txt")
"""What fast tokenizers are made of."""
CODE = "*.py"
MODEL_FILES = (*ENCODER_FILES[:3], "preprocessor_config.json", "processor_config.json")
"""Of a model that reads something else than text."""


class SourceSplit(NamedTuple):
    """What one source has of a split in one language."""

    source: Source
    split: str
    lang: str


def home() -> Path:
    """The folder of xh in the Hub's cache."""
    from huggingface_hub.constants import HF_HOME

    return Path(HF_HOME) / "xh"


def distant(source: Source) -> bool:
    """Whether the files do not come with a package."""
    return isinstance(source, Hub) or not source.package


def public(source: Source) -> bool:
    """Whether a source's files can be downloaded."""
    return source.revision != "local" if isinstance(source, Hub) else bool(source.url)


def _check_public(source: Source) -> None:
    if not public(source):
        raise MissingError((isinstance(source, Files) and source.hint) or PRIVATE)


def bring(splits: Iterable[SourceSplit], folder: Path | None = None) -> dict[str, str]:
    """Download what is not there yet, into the cache or below ``folder``; returns why an origin can't be had."""
    origins: dict[str, list[SourceSplit]] = {}
    for split in splits:
        origins.setdefault(origin(*split), []).append(split)
    problems: dict[str, str] = {}
    for name, group in origins.items():
        try:
            _bring(name, group, folder)
        except MissingError as error:
            problems[name] = error.what
    return problems


def _bring(name: str, splits: list[SourceSplit], folder: Path | None) -> None:
    first = splits[0].source
    _check_public(first)
    if isinstance(first, Files):
        _archive(name, splits, folder or _unpacked(name))
        return
    target = folder / first.id if folder else None
    card = hub.snapshot(first.id, first.revision, _described(first), "dataset", False, target)
    patterns = [
        pattern
        for source, split, lang in splits
        if isinstance(source, Hub)
        for pattern in hub_patterns(source, split, lang, card)
    ]
    hub.snapshot(first.id, first.revision, tuple(dict.fromkeys(patterns)), "dataset", False, target)


def _described(source: Hub) -> tuple[str, ...]:
    """The files that say where a repository's data are: its card, and the script that some have instead of data."""
    return "README.md", script(source)


def cached(source: Source, split: str, lang: str) -> Path:
    """The folder that :func:`bring` filled in the cache; no network is used."""
    name = origin(source, split, lang)
    if isinstance(source, Hub):
        card = hub.snapshot(source.id, source.revision, _described(source), "dataset", True)
        return hub.snapshot(source.id, source.revision, tuple(hub_patterns(source, split, lang, card)), "dataset", True)
    _check_public(source)
    if not _unpacked(name).is_dir():
        raise MissingError(f"{name} is not in the cache (offline)")
    return _unpacked(name)


def fetch_encoder(encoder: EncoderSource, locations: Locations, folder: Path | None = None) -> Path:
    """The folder of a Hub encoder: in the cache, or ``folder`` itself; with older forms of what it has in no other."""
    patterns = encoder_files(locations.trust_remote_code)
    place = encoder.source, encoder.revision or "main"
    found = hub.snapshot(*place, patterns, "model", locations.offline, folder)
    older = (*([] if matching(found, "*.safetensors") else PICKLED), *([] if matching(found, FAST) else SLOW))
    return hub.snapshot(*place, (*patterns, *older), "model", locations.offline, folder) if older else found


def encoder_files(trusted: bool) -> tuple[str, ...]:
    """The patterns of what is read of an encoder, with the code beside it where that is trusted."""
    return (*ENCODER_FILES, CODE) if trusted else ENCODER_FILES


def cached_encoder(encoder: EncoderSource, locations: Locations) -> Path:
    """The folder of an encoder, of the Hub's that which :func:`fetch_encoder` filled; no network is used."""
    folder = Path(encoder.source)
    return folder if folder.is_dir() else fetch_encoder(encoder, structs.replace(locations, offline=True))


def fetch_model(model: EncoderSource, locations: Locations, folder: Path | None = None) -> Path:
    """The folder of a further model: where it lies, or of one on the Hub in the cache, or ``folder`` itself."""
    if not model.revision:
        return Path(model.source)
    return hub.snapshot(model.source, model.revision, MODEL_FILES, "model", locations.offline, folder)


def cached_model(model: EncoderSource, locations: Locations) -> Path:
    """The same without a network."""
    return fetch_model(model, structs.replace(locations, offline=True))


def _unpacked(url: str) -> Path:
    """The folder of an archive's files in the cache."""
    import hashlib

    return home() / hashlib.sha256(url.encode()).hexdigest()[:16]


def _archive(url: str, splits: list[SourceSplit], folder: Path) -> None:
    """Have the files of a tar archive below a folder: of all splits and languages, and nothing else."""
    named = [(each.source, each.split, each.lang) for each in splits if isinstance(each.source, Files)]
    if all(matching(folder, name) for each in named for name in file_names(*each)):
        return
    from xh.data.archive import unpack

    try:
        unpack(url, folder, {name.format(lang="*", split="*") for source, _, _ in named for name in source.paths})
    except Exception as error:
        raise MissingError(f"{url} could not be fetched: {hub.why(error)}") from error
