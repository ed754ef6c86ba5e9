"""What encoders and data are called in records and reports: never by where they lie on a machine."""

import hashlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from xh.data.encoder import Encoder
from xh.data.places import HUB, SAMPLE

FOLDER = "folder"
DIGITS = 8
"""Of a content's hash, to tell apart folders of one name."""


def encoder_label(encoder: Encoder) -> str:
    """An encoder as it was asked for; a folder by its last name and its content."""
    source = Path(encoder.source)
    typed = Path(encoder.name).expanduser().resolve() == source
    return by_content(source.name, encoder.identity) if typed else encoder.name


def by_content(folder: str, identity: str) -> str:
    """``xlmr@sha256:1a2b3c4d``: a folder's name, and what is in it."""
    kind, _, digits = identity.rpartition(":")
    return f"{folder}@{kind}:{digits[:DIGITS]}"


def data_label(name: str, *others: str) -> str:
    """A source of data as ``--data`` names it: hub, sample, or a folder; of several that have the sample, sample."""
    return SAMPLE if SAMPLE in others else name if name in (HUB, SAMPLE) else FOLDER


def is_path(text: str) -> bool:
    """Whether a text says where something lies, and is no name and no Hub id."""
    absolute = PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute()
    return absolute or text.startswith((".", "~")) or text.count("/") > 1 or "\\" in text


def content(text: str) -> str:
    """The hash of what something consists of, as an identity."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
