"""A trained model as what its adapters add to the one it started from, and made whole again: the same, bit by bit.

Every weight is compared while the model is there whole. One that the starting weights and the adapters don't give is
kept itself: a head's, and whatever else a training has changed.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from xh.data.headers import files
from xh.model.adapters import Adapter, added
from xh.model.precision import FORMATS
from xh.spec import MissingError
from xh.spec.stage import ADAPTER

PARTS, ABOUT = ("lora_A", "lora_B"), "xh"
"""The two matrices of an adapter; and what the file says about the weights that are not in it, as JSON."""


def shrink(folder: Path, start: Path, adapters: Mapping[str, Adapter], weights: str) -> None:
    """Replace the files of weights in ``folder`` by one of adapters, those that the training from ``start`` had.

    ``adapters``: by the name of the linear layer in the body; ``weights``: the recipe's format of them.
    """
    with _Weights(folder) as model, _Weights(start) as base:
        kept: dict[str, torch.Tensor] = {}
        same: dict[str, str] = {}
        scales: dict[str, float] = {}
        homes: dict[str, str] = {}
        for name in model:
            homes[name], found = model.home(name), model[name]
            source, adapter = base.alike(name), _named(name, adapters)
            same_shape = source and base[source].shape == found.shape
            if source and same_shape and torch.equal(_made(base[source], weights, found.dtype, adapter), found):
                same[name] = source
                if adapter:
                    scales[name] = adapter.scale
                    matrices = zip(PARTS, (adapter.down, adapter.up), strict=True)
                    kept |= {f"{name}.{part}": each.detach().cpu().contiguous() for part, each in matrices}
            else:
                kept[name] = found
    types = {name: model.types[name] for name in same}
    about = {"same": same, "types": types, "scales": scales, "weights": weights, "files": homes}
    save_file(kept, folder / ADAPTER, {"format": "pt", ABOUT: json.dumps(about)})
    for path in files(folder):
        path.unlink()


def restore(folder: Path, start: Path, into: Path) -> None:
    """Write the whole model of a folder that :func:`shrink` has left; ``start`` has the weights it started from."""
    into.mkdir(parents=True)
    try:
        with safe_open(folder / ADAPTER, "pt") as file, _Weights(start) as base:
            about = json.loads(file.metadata()[ABOUT])
            parts: dict[str, dict[str, torch.Tensor]] = {}
            for name, home in about["files"].items():
                parts.setdefault(home, {})[name] = _restored(name, about, file, base)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise MissingError(f"{folder / ADAPTER} does not fit the weights in {start}.", why=why) from error
    for home, tensors in parts.items():
        save_file(tensors, into / home, {"format": "pt"})
    for path in folder.iterdir():
        if path.name != ADAPTER:
            shutil.copyfile(path, into / path.name)


def _restored(name: str, about: dict[str, Any], file: Any, base: "_Weights") -> torch.Tensor:
    if name not in about["same"]:
        kept: torch.Tensor = file.get_tensor(name)
        return kept
    scale = about["scales"].get(name)
    parts = [] if scale is None else [file.get_tensor(f"{name}.{part}") for part in PARTS]
    adapter = Adapter(parts[0], parts[1], scale) if parts else None
    return _made(base[about["same"][name]], about["weights"], getattr(torch, about["types"][name]), adapter)


def _made(base: torch.Tensor, weights: str, dtype: torch.dtype, adapter: Adapter | None) -> torch.Tensor:
    """A weight as the training had it, with what its adapter adds."""
    read = base.to(FORMATS[weights])
    return (read.float() + added(adapter)).to(dtype) if adapter else read.to(dtype)


def _named(name: str, adapters: Mapping[str, Adapter]) -> Adapter | None:
    """The adapter of a layer whose weight has this name, maybe behind that of the body."""
    return next((each for layer, each in adapters.items() if f".{name}".endswith(f".{layer}.weight")), None)


class _Weights:
    """The weights in a folder's files by name, read one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.stack = folder, ExitStack()
        self.files: dict[str, Any] = {}
        self.homes: dict[str, str] = {}
        self.types: dict[str, str] = {}

    def __enter__(self) -> "_Weights":
        for path in files(self.folder):
            self.files[path.name] = file = self.stack.enter_context(safe_open(path, "pt"))
            self.homes |= dict.fromkeys(file.keys(), path.name)
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def __iter__(self) -> Iterator[str]:
        return iter(self.homes)

    def __getitem__(self, name: str) -> torch.Tensor:
        found: torch.Tensor = self.files[self.homes[name]].get_tensor(name)
        self.types[name] = str(found.dtype).removeprefix("torch.")
        return found

    def home(self, name: str) -> str:
        """The file that a weight is in."""
        return self.homes[name]

    def alike(self, name: str) -> str | None:
        """What a weight of another model of this body is called here, where heads put other words in front."""
        words = name.split(".")
        endings = [".".join(words[number:]) for number in range(len(words) - 1)]
        for ending in endings:
            found = [each for each in self.homes if each == ending or each.endswith(f".{ending}")]
            if len(found) == 1:
                return found[0]
        return None
