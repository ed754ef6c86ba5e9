"""``python -m xh.model.convert FOLDER TARGET``: an encoder with safetensors and a fast tokenizer, of one without."""

import json
import shutil
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Regex, normalizers
from transformers import AutoTokenizer
from transformers.convert_slow_tokenizer import import_protobuf

from xh.data.converted import pickled
from xh.data.patterns import matching
from xh.mini import SAMPLE

LINES = 50
"""Of the sample in each of its languages both tokenizers are given so many."""


def convert(folder: Path, target: Path) -> None:
    """Write config, weights and tokenizer; weights that are safetensors already are linked to."""
    target.mkdir()
    shutil.copyfile(folder / "config.json", target / "config.json")
    _weights(folder, target)
    _tokenizer(folder, target)


def _weights(folder: Path, target: Path) -> None:
    sources = pickled(folder)
    for path in [*matching(folder, "*.safetensors"), *matching(folder, "*.safetensors.index.json")]:
        (target / path.name).symlink_to(path.resolve())
    index: dict[str, str] = {}
    for number, path in enumerate(sources, start=1):
        name = "model.safetensors" if len(sources) == 1 else f"model-{number:05}-of-{len(sources):05}.safetensors"
        found = _read(path)
        save_file(found, target / name, {"format": "pt"})
        index |= dict.fromkeys(found, name)
    if len(sources) > 1:
        text = json.dumps({"metadata": {}, "weight_map": index})
        (target / "model.safetensors.index.json").write_text(text, encoding="utf-8")


def _read(path: Path) -> dict[str, torch.Tensor]:
    """The weights of a pickle, each with memory of its own; what else it may hold is refused by torch."""
    state: Any = torch.load(path, map_location="cpu", weights_only=True)
    state = state.get("state_dict", state)
    found: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, weight in state.items():
        if not isinstance(weight, torch.Tensor):
            raise ValueError(f"{path.name} holds more than weights: {name} is a {type(weight).__name__}.")
        own = weight.untyped_storage().data_ptr()
        found[name] = weight.clone() if own in seen else weight.contiguous()
        seen.add(own)
    return {name: weight for name, weight in found.items() if not name.endswith("position_ids")}


def _tokenizer(folder: Path, target: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if not tokenizer.is_fast:
        raise ValueError(f"transformers has no fast tokenizer for {type(tokenizer).__name__}.")
    model = next(iter(matching(folder, "*.model")), None)
    if model and not matching(folder, "tokenizer.json"):
        _normalise(tokenizer, model)
        _compare(tokenizer, model)
    tokenizer.save_pretrained(target)


def _normalise(tokenizer: Any, model: Path) -> None:
    """Have texts normalised as the SentencePiece model has it, which transformers 5 leaves out for DeBERTa."""
    backend = tokenizer.backend_tokenizer
    if "Precompiled" in str(backend.normalizer):
        return
    proto = import_protobuf("The fast tokenizer is made of the model's normalisation, which").ModelProto()
    proto.ParseFromString(model.read_bytes())
    if rules := proto.normalizer_spec.precompiled_charsmap:
        spaces = normalizers.Replace(Regex(" {2,}"), " ")
        backend.normalizer = normalizers.Sequence([normalizers.Precompiled(rules), spaces])


def _compare(tokenizer: Any, model: Path) -> None:
    """Raise unless the tokens are those of the SentencePiece model, where sentencepiece is installed."""
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError:
        return
    slow = SentencePieceProcessor(model_file=str(model))
    lines = list(_lines())
    wrong = [line for line in lines if tokenizer.tokenize(line) != slow.encode(line, out_type=str)]
    if wrong:
        found, wanted = tokenizer.tokenize(wrong[0]), slow.encode(wrong[0], out_type=str)
        raise ValueError(
            f"The fast tokenizer differs from {model.name} on {len(wrong)} of {len(lines)} lines; "
            f"{wrong[0]!r} is {found}, not {wanted}."
        )


def _lines() -> Iterator[str]:
    """Lines of running text in the sample's languages."""
    for path in sorted(SAMPLE.glob("wikimedia/wikipedia/*/*.jsonl")):
        texts = (json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines())
        yield from islice((line for text in texts for line in text.splitlines() if line), LINES)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
