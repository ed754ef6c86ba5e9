"""What axe-core says of a page."""

from typing import Any

import pytest


def find_violations(page: Any) -> list[tuple[str, list[str]]]:
    """The rules of axe-core that a page breaks, each with the first elements that do."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core: pip install xh[browser]")
    found = axe.Axe().run(page).response["violations"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"][:2]]) for each in found]
