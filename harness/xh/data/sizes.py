"""How large an encoder is, from its config and the headers of its weights, or its record; nothing is loaded."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from xh.data.headers import DEPTH, LENGTH, files
from xh.plugins.registry import Registry

EMBEDDINGS = ("word_embeddings.weight", "embed_tokens.weight", "tok_embeddings.weight", "shared.weight", "wte.weight")
HEADS = ("lm_head.", "cls.", "classifier.", "pooler.", "head.", "decoder.", "qa_outputs.")
NAMES = {"F32": "fp32", "BF16": "bf16", "F16": "fp16"}


class Size(Struct, frozen=True, kw_only=True):
    """``parameters`` of the body, ``embedding`` of the input embeddings among them; ``dtype`` of most weights."""

    type: str | None = None
    parameters: int | None = None
    embedding: int | None = None
    layers: int | None = None
    hidden: int | None = None
    dtype: str | None = None
    licence: str = ""


def size(name: str, folder: Path | None, config: Mapping[str, Any], known: Registry) -> Size:
    """The size of an encoder: counted where its weights lie in ``folder``, else as its record says."""
    spec = known.encoders.get(name) if name in known.encoders else None
    found: dict[str, Any] = {"type": config.get("model_type"), "licence": spec.licence if spec else ""}
    found["layers"] = next((config[key] for key in DEPTH if config.get(key)), None)
    found["hidden"] = config.get("hidden_size") or config.get("d_model")
    if folder:
        return Size(**found, **_counted(folder))
    embedding = spec.parameters - spec.body if spec and spec.parameters and spec.body else None
    return Size(**found, parameters=spec.parameters if spec else None, embedding=embedding)


def _counted(folder: Path) -> dict[str, Any]:
    body, embedding = Counter[str](), 0
    for path in files(folder):
        for name, (dtype, shape) in tensors(path).items():
            short = name.partition(".")[2] if name.split(".")[0] in ("model", "roberta", "bert", "deberta") else name
            if not short.startswith(HEADS):
                body[dtype] += math.prod(shape)
                embedding = max(embedding, math.prod(shape)) if name.endswith(EMBEDDINGS) else embedding
    most = max(body, key=lambda each: body[each], default="")
    return {"parameters": body.total(), "embedding": embedding or None, "dtype": NAMES.get(most, most) or None}


def tensors(path: Path) -> dict[str, tuple[str, list[int]]]:
    """The type and shape of each weight of a safetensors file that is whole."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(LENGTH), "little")))
    return {name: (each["dtype"], each["shape"]) for name, each in header.items() if name != "__metadata__"}
