"""Whether an encoder's weights are whole and those of its config, from the headers of their files."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xh.spec import MissingError
from xh.spec.errors import UNPARSABLE

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
LAYER = re.compile(r"(.*?\b(?:layer|layers|block|h))\.(\d+)\.")
LENGTH = 8
"""Bytes at a file's start that say how long the header after them is."""

LARGEST_HEADER = 100_000_000
"""Bytes of a header that the safetensors library accepts."""

Shapes = dict[str, list[int]]

WIDTH = ("embedding_size", "input_embedding_size", "hidden_size", "d_model", "dim")
DEPTH = ("num_hidden_layers", "num_layers", "n_layers", "n_layer")
SIZES: dict[str, tuple[tuple[str, ...], ...]] = {
    "word_embeddings.weight": (("vocab_size",), WIDTH),
    "embed_tokens.weight": (("vocab_size",), WIDTH),
    "tok_embeddings.weight": (("vocab_size",), WIDTH),
    "embeddings.position_embeddings.weight": (("max_position_embeddings",), WIDTH),
    "intermediate.dense.weight": (("intermediate_size",), ("hidden_size",)),
}
"""The settings of a config that say how large a weight is; of several the first that the config has."""


def check(folder: Path, config: dict[str, Any]) -> None:
    """Raise :class:`MissingError` for weights that are cut off, lack a file, or are not of the config's sizes."""
    weights: Shapes = {}
    for path in files(folder):
        weights |= shapes(path)
    config = {**config, **(config.get("text_config") or {})}
    if wrong := list(_wrong(weights, config)):
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise MissingError(
            f"The weights in {folder} are not those of its config.json.",
            why=f"{'; '.join(wrong[:3])}{more}.",
            todo="Give a folder whose config.json and weights belong together.",
        )


def files(folder: Path) -> list[Path]:
    """The files of an encoder's weights: one, or those that an index names; raises where some are missing."""
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    index = folder / INDEX
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except FileNotFoundError:
        todo = "Save it again with model.save_pretrained(folder)."
        raise MissingError(f"{folder} has neither {SINGLE} nor {INDEX}.", todo=todo) from None
    except (KeyError, TypeError, AttributeError, *UNPARSABLE) as error:
        raise MissingError(f"{index} can't be read.", why=str(error), todo="Download or save it again.") from error
    if missing := [name for name in names if not (folder / name).is_file()]:
        what = f"{folder} lacks {', '.join(missing)}."
        raise MissingError(what, why=f"{INDEX} names them.", todo="Download it again.")
    return [folder / name for name in names]


def shapes(path: Path) -> Shapes:
    """The shape of each weight in a file; raises unless the file is as long as its header says."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(LENGTH), "little")
            if length > LARGEST_HEADER:
                raise ValueError("Its header is too large.")
            if length > size:
                raise ValueError(f"Its {size:,} bytes end before the header does.")
            header = json.loads(file.read(length))
        weights = {name: entry for name, entry in header.items() if name != "__metadata__"}
        end = LENGTH + length + max((entry["data_offsets"][1] for entry in weights.values()), default=0)
        if end != size:
            raise ValueError(f"It has {size:,} bytes instead of {end:,}.")
        return {name: entry["shape"] for name, entry in weights.items()}
    except (LookupError, TypeError, AttributeError, *UNPARSABLE) as error:
        why = str(error) if isinstance(error, ValueError) else "Its header is damaged."
        todo = "It is cut off or damaged: download it again, or save it again with save_pretrained(folder)."
        raise MissingError(f"{path} is not a complete safetensors file.", why=why, todo=todo) from error


def _wrong(weights: Shapes, config: dict[str, Any]) -> Iterator[str]:
    for name, shape in weights.items():
        for ending, settings in SIZES.items():
            wanted = [next((config[key] for key in keys if config.get(key)), None) for keys in settings]
            if name.endswith(ending) and None not in wanted and shape != wanted:
                yield f"{name} is {_product(shape)}, the config says {_product(wanted)}"
    layers: dict[str, set[str]] = defaultdict(set)
    for match in filter(None, map(LAYER.match, weights)):
        layers[match[1]].add(match[2])
    depth = next((config[key] for key in DEPTH if config.get(key)), None)
    if depth and layers and depth not in map(len, layers.values()):
        yield f"there are {max(map(len, layers.values()))} layers, the config says {depth}"


def _product(shape: list[Any]) -> str:
    return " × ".join(map(str, shape))
