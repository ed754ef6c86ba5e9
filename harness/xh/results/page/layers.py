"""Curves over layers: a picture for each measure of a target, with a line for each arm."""

from collections.abc import Iterator

from xh.results.layers import names
from xh.results.numbers import heading
from xh.results.page.axes import HEIGHT, WIDTH, Picture
from xh.results.page.curves import NARROW
from xh.results.page.lines import Line, chart
from xh.results.texts import plain
from xh.results.views import Shown


def layers(shown: Shown, name: str, width: float = WIDTH) -> Iterator[Picture]:
    """The picture of the grid of this name."""
    if found := names(shown.rows, shown.arms).get(name):
        lines = [
            Line(
                plain(heading(arm)),
                [(layer, entry.value) for layer, entry in by_layer.items() if entry.value is not None],
            )
            for arm, by_layer in found.arms.items()
        ]
        ticks = {float(layer): str(layer) for layer in found.layers}
        title = plain(f"{found.target} · {found.measure} by layer")
        yield chart(title, lines, ticks, "layer", NARROW, (width, HEIGHT), least_digits=1)
