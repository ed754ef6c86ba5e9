"""Archives of somebody else, unpacked so that nothing but plain files comes of them, where it should."""

import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from filelock import FileLock

from xh.data.patterns import matching

PATIENCE = 60.0
"""Seconds that a server may take for the next bytes."""
PIECE = 1 << 20
RATIO = 200
"""How many times larger than its archive text may be; ten times is much."""
SMALL = 1 << 27
"""Bytes that any archive may unpack to."""
LONGEST = 1 << 16
"""Bytes of a name and other facts about a member, which are read into memory."""


class Member(tarfile.TarInfo):
    """A member whose facts have a sane length."""

    @classmethod
    def frombuf(cls, *arguments: Any) -> "Member":
        """A header's member, or what comes before it with its name."""
        member = super().frombuf(*arguments)
        if member.type not in (*tarfile.REGULAR_TYPES, tarfile.DIRTYPE) and member.size > LONGEST:
            raise ValueError(f"it has a header of {member.size:,} bytes")
        return member


def unpack(url: str, folder: Path, patterns: Iterable[str]) -> None:
    """Download and unpack beside the place, then move the files of these patterns; what is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    work = folder / ".unpacking"
    files = work / "files"
    with FileLock(folder / ".unpacking.lock"):
        shutil.rmtree(work, ignore_errors=True)
        try:
            _extract(_download(url, work), files)
            for path in [path for pattern in patterns for path in matching(files, pattern)]:
                place = folder / path.relative_to(files)
                if not place.exists():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(place)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _download(url: str, folder: Path) -> Path:
    """The whole archive as a file. It may take half of the free disk, as it has to be unpacked too."""
    folder.mkdir()
    room, path = shutil.disk_usage(folder).free // 2, folder / "archive"
    with urlopen(url, timeout=PATIENCE) as response, path.open("wb") as file:
        size = int(response.headers.get("Content-Length") or 0)
        while piece := response.read(PIECE):
            if max(size, file.tell() + len(piece)) > room:
                raise ValueError(f"it is larger than the {room / 1e9:.1f} GB free on the disk")
            file.write(piece)
        if file.tell() < size:
            raise ValueError(f"it ends after {file.tell():,} of {size:,} bytes")
    return path


def _extract(path: Path, folder: Path) -> None:
    """Unpack the plain files of a tar archive, unless it grows as no text does; links and devices are left out."""
    most = min(max(SMALL, RATIO * path.stat().st_size), shutil.disk_usage(path.parent).free)
    unpacked = 0
    with tarfile.open(path, tarinfo=Member) as archive:
        for member in archive:
            unpacked += member.size
            if unpacked > most:
                raise ValueError(f"it would unpack to more than {most / 1e9:.1f} GB")
            if member.isfile():
                archive.extract(member, folder, filter="data")
