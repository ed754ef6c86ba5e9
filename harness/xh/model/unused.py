"""Packages that transformers imports wherever they are installed, and of which xh uses nothing through it.

It is told that they are absent: a process starts sooner, the same way on every machine. peft is used by
:mod:`xh.model.adapters` itself. Checked on transformers 5.23.
"""

from transformers import utils
from transformers.utils import import_utils

PACKAGES = ("peft", "scipy", "sklearn")

for name in PACKAGES:
    for module in (import_utils, utils):
        setattr(module, f"is_{name}_available", lambda: False)
