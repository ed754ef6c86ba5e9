"""What reports call a stage's encoder and data; older records hold their paths."""

from pathlib import Path

from xh.data.labels import FOLDER, by_content, data_label, is_path
from xh.store import Record


def encoder_name(record: Record) -> str:
    """A name, a Hub id, or a folder's last name with its content: ``xlmr@sha256:1a2b3c4d``."""
    label, identity = record.stage.purpose.encoder, record.stage.inputs.encoder
    return by_content(folder_name(label), identity) if is_path(label) else label


def data_name(record: Record) -> str:
    """``hub``, ``sample`` or ``folder``."""
    return data_label(record.stage.purpose.data)


def folder_name(path: str) -> str:
    """The last part of a path."""
    return Path(path).expanduser().resolve().name.rpartition("\\")[2] or FOLDER


def is_encoder(word: str, record: Record) -> bool:
    """Whether a stage's encoder is meant: by its name, or a folder's without its content."""
    name = encoder_name(record)
    folder, content, _ = name.partition("@sha256:")
    return word == name or (bool(content) and folder_name(word) == folder)
