"""How results show themselves: printed, and in a notebook."""

from html import escape
from typing import TYPE_CHECKING, Any

import msgspec

from xh.plugins.registry import registry
from xh.results.page.elements import element
from xh.results.texts import plain
from xh.spec.reference import resolve

if TYPE_CHECKING:
    from xh.results.figure import Figure


def written(results: Any, name: str = "table") -> str:
    """Results (``xh.results.records.Results``) in a format, by its name."""
    render = resolve(registry().formats.get(name).render)
    return str(render(results))


def framed(results: Any) -> str:
    """Their page in a frame, which the page around it can't change, nor the other way round."""
    page = escape(written(results, "html"))
    return f'<iframe srcdoc="{page}" sandbox="allow-scripts allow-downloads" width="100%" height="600"></iframe>'


def plotted(results: Any, view: str, width: str | float, font: str) -> "Figure":
    """One of their views as a picture."""
    found: Figure = resolve("xh.results.pictures:plotted")(results, view, width, font)
    return found


def listed(record: Any) -> str:
    """A record's fields as a table; those that hold several things as JSON."""
    texts = {name: _text(value) for name, value in msgspec.structs.asdict(record).items()}
    rows = (element("tr", element("th", name, scope="row"), element("td", plain(text))) for name, text in texts.items())
    return element("table", element("tbody", *rows))


def _text(value: Any) -> str:
    return "–" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
