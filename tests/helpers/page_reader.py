"""Reads a page as a browser would: its elements, its texts, what it runs."""

from html.parser import HTMLParser

SINGLE = ("meta", "input")


class Page(HTMLParser):
    """Elements with their attributes in order, the texts of scripts and styles, and what was not closed rightly."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in SINGLE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            self.scripts.append((self.open[-1], data))
        else:
            self.texts.append(data)

    def all(self, name):
        """The attributes of each element of this name."""
        return [attributes for tag, attributes in self.tags if tag == name]


def parsed(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page
