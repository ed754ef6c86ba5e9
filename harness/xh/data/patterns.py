"""Which files hold a split: by the name of its source, by a data set's card, by how the Hub lays them out."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Any

from xh.spec import Files, Hub, MissingError
from xh.spec.data import Source
from xh.spec.errors import UNPARSABLE
from xh.spec.task import is_plain

PART = re.compile(r"-\d+-of-(\d+)")
DEEPEST = 50
"""How deeply a data-set card may be nested."""
NUMBERED = re.compile(r"-\d+$")
"""The end of a split that is one part of a larger one."""
ENDINGS = ("-*.parquet", ".parquet", ".jsonl", "-*.jsonl", ".csv", ".tsv", "/*.parquet")
"""What follows a split's name; the last is how the Hub's own conversions (``refs/convert/parquet``) are laid out."""


def script(source: Hub) -> str:
    """What a data set's loading script is called, where it has one."""
    return f"{source.id.rpartition('/')[2]}.py"


def file_names(source: Files, split: str, lang: str) -> list[str]:
    """The relative paths of a split's files, or patterns of them."""
    return [pattern.format(lang=lang, split=source.splits[split]) for pattern in source.paths]


def matching(root: Path, pattern: str) -> list[Path]:
    """The files below ``root`` of this name or pattern, sorted; raises :class:`MissingError` for what only looks so.

    To read a FIFO or a device may last for ever.
    """
    paths = sorted(path for path in root.glob(pattern) if path.exists())
    for path in paths:
        if not path.is_file() and not (path.is_dir() and path != root / pattern):
            raise MissingError(f"{path} is a {_kind(path)}, not a file")
    return [path for path in paths if path.is_file()]


def _kind(path: Path) -> str:
    return "folder" if path.is_dir() else "FIFO" if path.is_fifo() else "socket" if path.is_socket() else "device"


def check_parts(paths: list[Path]) -> None:
    """Raise :class:`MissingError` if only some of the files ``…-00000-of-00003…`` are there."""
    for path in paths:
        part = PART.search(path.name)
        if part and sum(each.name.count(f"-of-{part[1]}") for each in paths) < int(part[1]):
            raise MissingError(f"not all {int(part[1])} parts of {path.with_name(PART.sub('-*', path.name))}")


def origin(source: Source, split: str, lang: str) -> str:
    """Where a split's files come from: ``id@revision`` on the Hub, or an archive's address."""
    if isinstance(source, Hub):
        return f"{source.id}@{source.revision}"
    return (source.url or "").format(lang=lang, split=source.splits[split]) or source.hint


def config_and_split(source: Hub, split: str, lang: str) -> tuple[str | None, str]:
    """The configuration of a data set that has a language, and what it calls the split."""
    code = source.codes.get(lang, lang)
    return (source.config.format(lang=code) if source.config else None), source.splits[split]


def hub_patterns(source: Hub, split: str, lang: str, folder: Path) -> list[str]:
    """The glob patterns under which a split's files may lie in a repository whose README is in ``folder``."""
    return list(_patterns(folder, *config_and_split(source, split, lang)))


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
                paths = item.get("path")
                yield from filter(None, map(_inside, paths if isinstance(paths, list) else [paths]))


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
        card = yaml.load(header, Loader=loader)
    except (yaml.YAMLError, *UNPARSABLE):
        return []
    configs = card.get("configs") if isinstance(card, dict) else None
    return [entry for entry in configs if isinstance(entry, dict)] if isinstance(configs, list) else []
