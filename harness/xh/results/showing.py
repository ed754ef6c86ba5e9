"""How results show themselves: printed, and in a notebook."""

from html import escape
from typing import TYPE_CHECKING, Any

from xh.plugins.registry import registry
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
