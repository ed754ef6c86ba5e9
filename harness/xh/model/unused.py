"""What transformers does when it is imported, and xh has no use for.

It is told that packages are absent which it imports wherever they are installed, and of which xh uses nothing through
it (peft is used by :mod:`xh.model.adapters` itself); and it reads the thousands of files of its models once, not twice.
A process starts sooner, the same way on every machine. Checked on transformers 5.23.
"""

from pathlib import Path
from typing import Any

import transformers
from transformers import utils
from transformers.utils import import_utils

PACKAGES = ("peft", "scipy", "sklearn")
MODELS = Path(transformers.__file__).parent / "models"

for name in PACKAGES:
    for module in (import_utils, utils):
        setattr(module, f"is_{name}_available", lambda: False)

read_structure = import_utils.define_import_structure


def structure(path: str, prefix: str | None = None) -> Any:
    """What a package of transformers offers; of all models it was read for transformers itself, whose cache has it."""
    if prefix or Path(path) != MODELS / "__init__.py":
        return read_structure(path, prefix)
    whole = read_structure(MODELS, prefix="models")
    start = "models."
    return {
        needs: {name.removeprefix(start): found for name, found in offered.items() if name.startswith(start)}
        for needs, offered in whole.items()
    }


import_utils.define_import_structure = structure
