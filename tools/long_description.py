"""What a package index shows of xh: README, whose links into the repository lead nowhere from there."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"!\[[^\]]*\]\(docs/[^)]*\)\n*")
LINK = re.compile(r"\[([^\]]*)\]\(docs/(\w+)\.md[^)]*\)")


class LongDescription(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": standalone(text)}


def standalone(text: str) -> str:
    """The text without pictures of the repository; instead of links to its documentation the command that shows it."""
    return LINK.sub(r"\1 (`xh docs \2`)", PICTURE.sub("", text))
