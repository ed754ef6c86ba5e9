"""Figures for papers and notebooks: pictures as SVG, and from that as PDF and PNG."""

import re
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path

from msgspec import Struct

from xh.results.page.axes import Picture
from xh.results.page.elements import code, element, own, single
from xh.spec import StorageError, UnavailableError, UsageError

UNITS = {"px": 1.0, "pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
"""In pixels of 1/96 inch."""
WIDTH = re.compile(r"(\d+(?:\.\d+)?)\s*(px|pt|mm|cm|in)?")
NARROWEST, WIDEST = 200.0, 4000.0
"""In pixels; less has no room for names."""
FONT = re.compile(r"[\w -]+(?:,[\w -]+)*")
SANS = "sans-serif"
POINTS = 0.75
"""Of a pixel; the converter takes pixels for points."""
DPI = 300
NAMESPACE = "http://www.w3.org/2000/svg"
PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="12"><text y="9" font-family="{}, {}">mile</text></svg>'
)
OTHERS = ("serif", "monospace")
"""What stands in for a font that is not there; where they make a difference, it is not."""
SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')
SUFFIXES = (".svg", ".pdf", ".png")
TITLE, BETWEEN = 24, 18
"""Above a picture that has others beside it; below it."""
COLOUR = re.compile(r"--(\w+): light-dark\((#\w+), #\w+\)")
VARIABLE = re.compile(r"var\(--(\w+)\)")


class Figure(Struct, frozen=True):
    """A view as a picture: shown by notebooks, and saved as SVG, PDF or PNG. ``svg`` is its text, in this ``font``."""

    svg: str
    font: str = SANS

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return self.svg

    def save(self, path: str | PathLike[str]) -> None:
        """Write it to a file whose name ends in ``.svg``, ``.pdf`` or ``.png``, the last at 300 dots per inch.

        PDF and PNG need ``pip install "xh[figures]"``; a PDF has its fonts in it. Raises ``XhError`` where that or the
        font is not there, for another ending, and for a file that can't be written.
        """
        file = Path(path)
        made = converted(self, file.suffix.lower())
        try:
            file.write_bytes(made)
        except OSError as error:
            raise StorageError(f"{file} can't be written.", why=str(error), todo="Choose another file.") from error


def pixels(width: str | float) -> float:
    """A width such as ``84mm`` in pixels of 1/96 inch; a number is pixels already."""
    found = WIDTH.fullmatch(str(width).strip())
    wide = float(found[1]) * UNITS[found[2] or "px"] if found else 0.0
    if not NARROWEST <= wide <= WIDEST:
        todo = f"Give it as 84mm, 3.3in, 240pt or 560px, from {NARROWEST:.0f}px (53mm) to {WIDEST:.0f}px."
        raise UsageError(f"{width!r} is no width of a figure.", todo=todo)
    return wide


def figure(pictures: Sequence[Picture], font: str = SANS) -> Figure:
    """Pictures below each other as one figure with this font, each with its title where there are several."""
    if not FONT.fullmatch(font):
        raise UsageError(f"{font!r} is no name of a font.", todo='Give its family, such as --font "Liberation Serif".')
    width, heights = max(each.width for each in pictures), [each.height + _above(pictures) for each in pictures]
    height = sum(heights) + BETWEEN * (len(pictures) - 1)
    start = single(
        "svg",
        xmlns=NAMESPACE,
        width=f"{width:g}",
        height=f"{height:g}",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        class_="drawn",
        font_family=font if font == SANS else f"{font}, {SANS}",
    )
    title = element("title", "; ".join(each.title for each in pictures))
    paper = element("rect", width=f"{width:g}", height=f"{height:g}", fill=_colours()["page"])
    return Figure(
        "".join((start, title, code("style", _style()), paper, *_placed(pictures, heights), "</svg>\n")), font
    )


def _above(pictures: Sequence[Picture]) -> float:
    return TITLE if len(pictures) > 1 else 0


def _placed(pictures: Sequence[Picture], heights: Sequence[float]) -> Iterator[str]:
    top, above = 0.0, _above(pictures)
    for picture, height in zip(pictures, heights, strict=True):
        title = [element("text", picture.title, x=0, y=14, class_="title")] if above else []
        drawn = element("g", *picture.drawn, transform=f"translate(0 {above})")
        yield element("g", *title, drawn, transform=f"translate(0 {round(top, 1)})")
        top += height + BETWEEN


def _style() -> str:
    """The style that pictures have in a page, in its light colours."""
    colours = _colours()
    return VARIABLE.sub(lambda found: colours[found[1]], own("pictures.css"))


def _colours() -> dict[str, str]:
    return dict(COLOUR.findall(own("style.css")))


def converted(figure: Figure, suffix: str) -> bytes:
    """A figure in the format that a file with this ending has."""
    if suffix not in SUFFIXES:
        raise UsageError(f"A figure is no {suffix or 'file without an ending'}.", todo=f"Use {', '.join(SUFFIXES)}.")
    if suffix == ".svg":
        return figure.svg.encode()
    try:
        import vl_convert
    except ImportError as error:
        todo = 'pip install "xh[figures]", or write an .svg.'
        raise UnavailableError(f"A {suffix} needs vl-convert, which is not installed.", todo=todo) from error
    if figure.font != SANS and len({vl_convert.svg_to_png(PROBE.format(figure.font, other)) for other in OTHERS}) > 1:
        raise UsageError(
            f"The font {figure.font} is not installed.", todo="Install it, name another, or write an .svg."
        )
    if suffix == ".pdf":
        return bytes(vl_convert.svg_to_pdf(SIZE.sub(_in_points, figure.svg, count=1)))
    return bytes(vl_convert.svg_to_png(figure.svg, scale=POINTS, ppi=DPI))


def _in_points(size: re.Match[str]) -> str:
    width, height = (float(each) * POINTS for each in size.groups())
    return f'width="{width:g}" height="{height:g}"'
