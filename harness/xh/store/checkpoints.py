"""A training's checkpoints, which count only if every file is exactly as it was written."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from xh.spec.task import is_plain
from xh.store.files import checksum, content, files_of, parsed, share, share_all, storage, write_text

MANIFEST = "complete.json"


class Manifest(Struct, frozen=True):
    """What counts: the newest checkpoint, and every file below the folder with its size and SHA-256."""

    latest: str
    files: dict[str, tuple[int, str]]
    versions: dict[str, str]


@dataclass(frozen=True)
class Checkpoints:
    """Sub-folders of ``folder``. ``versions``: a checkpoint that other versions wrote doesn't count."""

    folder: Path
    versions: Mapping[str, str]

    def latest(self) -> Path | None:
        """The newest checkpoint, verified. If there is none, or part of it is missing, the whole folder is removed."""
        manifest = self._manifest()
        if manifest is None or manifest.versions != self.versions or not self._whole(manifest):
            shutil.rmtree(self.folder, ignore_errors=True)
            return None
        self.tidy()
        return self.folder / manifest.latest

    def seal(self, latest: str, *others: str) -> None:
        """Make these sub-folders, just finished or sealed before, the ones that count, and remove all others.

        The manifest is replaced atomically: a killed process leaves either the former checkpoints or these.
        """
        before = self._manifest()
        known = (
            {name: file for name, file in before.files.items() if name.partition("/")[0] != latest} if before else {}
        )
        with storage(self.folder):
            share(self.folder)
            share_all(self.folder / latest)
            paths = [path for name in {latest, *others} for path in files_of(self.folder / name)]
            names = [str(path.relative_to(self.folder)) for path in paths]
            found = {name: known.get(name) or _described(path) for name, path in zip(names, paths, strict=True)}
            text = msgspec.json.encode(Manifest(latest, found, dict(self.versions))).decode()
            write_text(self.folder / MANIFEST, text)
        self.tidy()

    def tidy(self) -> None:
        """Remove what doesn't count: sub-folders that were left half-written or are no longer needed."""
        manifest = self._manifest()
        kept = {_top(name) for name in manifest.files} if manifest else set()
        if not kept:
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def _manifest(self) -> Manifest | None:
        try:
            found = parsed(content(self.folder / MANIFEST), Manifest)
        except (OSError, ValueError):
            return None
        sound = all(map(is_plain, found.files)) and found.latest in map(_top, found.files)
        return found if sound else None

    def _whole(self, manifest: Manifest) -> bool:
        try:
            return all(_described(self.folder / name) == described for name, described in manifest.files.items())
        except OSError:
            return False


def _described(path: Path) -> tuple[int, str]:
    return path.stat().st_size, checksum(path)


def _top(name: str) -> str:
    return Path(name).parts[0]
