"""Pictures of rows: read one by one, and only when somebody looks at them."""

import errno
import hashlib
import os
import stat
import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from xh.api import bad_row

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000", "PPM")
"""Those of photographs and drawings; of others Pillow has rarely used readers, and for EPS it runs Ghostscript."""
LARGEST = 1 << 28
"""Bytes of a file: what the largest picture has without compression."""
LONGEST = 200
"""How many times longer than wide a picture may be: where the shorter side gets a fixed size, the longer one grows."""


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
            return _file(Path(found["path"]))
        except (OSError, ValueError) as error:  # a name with a null character
            why, todo = getattr(error, "strerror", None) or error, "Data whose pictures are files need absolute paths."
            raise bad_row(where, self.number, f"its picture {found['path']!r} can't be read: {why}.", todo) from error

    def decoded(self, where: str) -> Any:
        """It in RGB, upright; raises :class:`MissingError` naming the row where it is broken, or far too large."""
        data = self.data(where)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(BytesIO(data), formats=FORMATS) as found:
                    if max(found.size) > LONGEST * min(found.size):
                        raise ValueError(f"{found.width} x {found.height} pixels")
                    return ImageOps.exif_transpose(found).convert("RGB")
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            most = f"It may have {Image.MAX_IMAGE_PIXELS:,} pixels."
            raise bad_row(where, self.number, f"its picture is a decompression bomb: {error} {most}") from error
        except UnidentifiedImageError as error:
            raise bad_row(where, self.number, f"its picture is none of {', '.join(FORMATS)}.") from error
        except Exception as error:  # whatever Pillow's readers stumble over
            raise bad_row(where, self.number, f"its picture is broken: {type(error).__name__} {error}") from error

    def digest(self, where: str) -> str:
        """SHA-256 of its file."""
        return hashlib.sha256(self.data(where)).hexdigest()


def _file(path: Path) -> bytes:
    """What a file holds: nobody may write to a pipe, and a device may never end."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    if found.st_size > LARGEST:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return path.read_bytes()


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
