"""Pictures of rows: read one by one, and only when somebody looks at them."""

import hashlib
import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from xh.api import bad_row


class Picture:
    """The picture of row ``number`` of ``values``, a column of bytes, of paths, or of both as ``datasets`` has them."""

    def __init__(self, values: Sequence[Any], number: int) -> None:
        self.values, self.number = values, number

    def data(self, where: str) -> bytes:
        """Its file's bytes; raises :class:`MissingError` naming the row where there are none."""
        value = self.values[self.number]
        found = value if isinstance(value, dict) else {"path" if isinstance(value, str) else "bytes": value}
        if data := found.get("bytes"):
            return bytes(data)
        if not found.get("path"):
            raise bad_row(where, self.number, "it has no picture.")
        try:
            return Path(found["path"]).read_bytes()
        except OSError as error:
            todo = "Data whose pictures are files need absolute paths."
            raise bad_row(
                where, self.number, f"its picture {found['path']} can't be read: {error.strerror}.", todo
            ) from error

    def decoded(self, where: str) -> Any:
        """It in RGB, upright; raises :class:`MissingError` naming the row where it is broken, or far too large."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(BytesIO(self.data(where))) as found:
                    return ImageOps.exif_transpose(found).convert("RGB")
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            most = f"It may have {Image.MAX_IMAGE_PIXELS:,} pixels."
            raise bad_row(where, self.number, f"its picture is a decompression bomb: {error} {most}") from error
        except UNDECODABLE as error:
            raise bad_row(where, self.number, f"its picture is broken: {type(error).__name__} {error}") from error

    def digest(self, where: str) -> str:
        """SHA-256 of its file."""
        return hashlib.sha256(self.data(where)).hexdigest()


UNDECODABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, MemoryError)
"""What Pillow's readers of broken files raise."""


class Column(Sequence[Any]):
    """One column of a ``datasets.Dataset``, whose entries are read when they are asked for."""

    def __init__(self, rows: Any, name: str) -> None:
        self.rows, self.name = rows.select_columns([name]), name

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: Any) -> Any:
        return self.rows[number][self.name]


def holds_pictures(feature: Any) -> bool:
    """Whether a column of a data set has pictures: by its type, or because it has bytes."""
    return type(feature).__name__ == "Image" or getattr(feature, "dtype", "") in ("binary", "large_binary")
