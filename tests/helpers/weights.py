"""Files of weights."""

import json
import math
from pathlib import Path


def write_weights(path: Path, shapes: dict[str, list[int]]) -> None:
    """A safetensors file of bytes that are all zero."""
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + math.prod(shape)
        header[name] = {"dtype": "U8", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))
