"""Draws the pictures of the sample set and writes them in the layout of the data sets that they stand for.

Usage: python tools/mini_scenes.py FOLDER. No scene is there twice.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from datasets import Dataset, Features, Image, Sequence, Value
from scenes import Scene, english, hypotheses, png, scene, translated

TEXT, PICTURE = Value("string"), Image()
Row = dict[str, Any]


def main(folder: Path) -> None:
    drawn = _scenes()
    several = Features({"image": PICTURE, "captions": Sequence(TEXT)})
    for split, count in {"train": 400, "validation": 100}.items():
        rows = [{"image": _file(data), "captions": english(*seen)} for data, *seen in _taken(drawn, count)]
        _write(rows, several, folder / "AKCIT/coco2017-captioning/data" / f"{split}-00000-of-00001.parquet")
    several = Features({"image": PICTURE, "original_alt_text": Sequence(TEXT)})
    for split, count in {"train": 60, "validation": 20}.items():
        rows = [{"image": _file(data), "original_alt_text": english(*seen)} for data, *seen in _taken(drawn, count)]
        _write(rows, several, folder / "AnyModal/flickr30k/data" / f"{split}-00000-of-00001.parquet")
    langs = Features({"en": TEXT, "cs": TEXT, "de": TEXT, "fr": TEXT, "image": PICTURE})
    for split, count in {"train": 160, "validation": 40}.items():
        rows = [_in_four(data, found, random) for data, found, random in _taken(drawn, count)]
        _write(rows, langs, folder / "romrawinjp/multi30k/data" / f"{split}-00000-of-00001.parquet")
    labelled = Features({"Flickr30K_ID": TEXT, "gold_label": TEXT, "image": PICTURE, "sentence": TEXT})
    for split, count in {"train": 60, "validation": 20}.items():
        rows = [row for number, seen in enumerate(_taken(drawn, count)) for row in _judged(f"{split}{number}", *seen)]
        _write(rows, labelled, folder / "Phando/snli-ve-shuffled/default" / split / "0000.parquet")


def _scenes() -> Iterator[tuple[bytes, Scene, Random]]:
    """A picture of each different scene, the scene, and what its sentences are drawn with."""
    known: set[tuple[Any, ...]] = set()
    for seed in range(100_000):
        random = Random(seed)
        found = scene(random)
        content = found.way, found.place, *((each.shape, each.colour, each.count) for each in found.groups)
        if content not in known:
            known.add(content)
            yield png(found, random), found, random


def _taken(drawn: Iterator[tuple[bytes, Scene, Random]], count: int) -> list[tuple[bytes, Scene, Random]]:
    return [next(drawn) for _ in range(count)]


def _file(data: bytes) -> Row:
    return {"bytes": data, "path": None}


def _in_four(data: bytes, found: Scene, random: Random) -> Row:
    others = {lang: translated(found, lang, random) for lang in ("cs", "de", "fr")}
    return {"image": _file(data), "en": english(found, random, 1)[0]} | others


def _judged(name: str, data: bytes, found: Scene, random: Random) -> Iterator[Row]:
    for label, sentence in hypotheses(found, random).items():
        yield {"Flickr30K_ID": name, "gold_label": label, "image": _file(data), "sentence": sentence}


def _write(rows: list[Row], features: Features, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Dataset.from_list(rows, features=features).to_parquet(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
