"""Real file systems with little room."""

import subprocess
from pathlib import Path

import pytest


class Tmpfs:
    """A file system of some size at a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mounted = False

    def mount(self, size: str) -> Path:
        """The folder, with room for ``size`` (``8m``) and no more; the test is skipped where none can be mounted."""
        self.folder.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(self.folder)]
        try:
            self.mounted = subprocess.run(words, capture_output=True).returncode == 0
        except OSError:
            self.mounted = False
        if not self.mounted:
            pytest.skip("no tmpfs can be mounted here")
        return self.folder

    def unmount(self) -> None:
        """Lazily, for mapped weights may outlive a test."""
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
