"""Every link of a Markdown page leads to a file and a heading that are there; links to the web are not followed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("README.md", "docs/**/*.md", "harness/**/*.md", "harness/**/*.md.txt", "tests/**/*.md", "plugins/**/*.md")
PAGES = sorted({path for place in PLACES for path in ROOT.glob(place)})
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def links(path: Path) -> list[str]:
    text = CODE.sub("`code`", path.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]


def anchors(path: Path) -> set[str]:
    """The names of a page's headings, as forges make them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def broken(page: Path) -> list[str]:
    found = []
    for link in links(page):
        name, _, anchor = link.partition("#")
        path = page.parent / name if name else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_of_a_page_is_broken(page):
    assert not broken(page)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_the_documentation_links_to_nothing_outside_of_it(page):
    """It is also read where the rest of the repository is not: in an installation, and as a site."""
    assert not [link for link in links(page) if link.startswith((".", "/"))]


def test_dead_links_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One `two`\n[a](page.md#one-two) [b](#one-two) [c](page.md#three) [d](gone.md) `[e](code.md)`\n")
    assert broken(page) == ["page.md#three", "gone.md"]


def test_every_page_is_listed_in_the_index_and_on_the_site():
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert {"index.md", *links(ROOT / "docs/index.md")} == pages
    assert set(re.findall(r'"(\w+\.md)"', (ROOT / "zensical.toml").read_text(encoding="utf-8"))) == pages
