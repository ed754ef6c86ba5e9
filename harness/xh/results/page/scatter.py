"""Scatter: the similarity of tasks against the gain, a dot with its name for each pair."""

from collections.abc import Iterator, Sequence
from statistics import fmean

from msgspec import Struct

from xh.results.arms import Arms
from xh.results.numbers import signed
from xh.results.page.axes import BELOW, HEIGHT, LEFT, TOP, WIDTH, Picture, hue, label, mark, ticks
from xh.results.page.elements import Markup, element
from xh.results.similarity import Similarity
from xh.results.texts import plain

BESIDE = 20
"""At the right of the last line."""
BOTTOM = HEIGHT - BELOW
LINE, LONG = 12, 130
"""What a name takes; where there is no room, only the table has it, and the dot itself when it is pointed at."""
Place = tuple[float, float]


class Pair(Struct, frozen=True):
    """A pair of tasks, with the means over seeds of its similarity and of its gain in points."""

    name: str
    target: str
    x: float
    y: float


def scatter(similar: Sequence[Similarity], arms: Arms, measure: str, width: float = WIDTH) -> Iterator[Picture]:
    """A picture of one measure of whole targets; nothing where there are fewer than two pairs."""
    seeds: dict[tuple[str, str], list[Similarity]] = {}
    for each in similar:
        if each.measure == measure and each.lang is None and each.delta is not None:
            seeds.setdefault((arms.label(each), each.target), []).append(each)
    pairs = [_pair(arm, target, same) for (arm, target), same in seeds.items()]
    if len({pair.x for pair in pairs}) > 1:
        drawn = _drawn(pairs, measure, width - BESIDE)
        yield Picture(plain(f"{measure} and gain in points"), tuple(drawn), width)


def _pair(arm: str, target: str, same: Sequence[Similarity]) -> Pair:
    gain = fmean(each.delta for each in same if each.delta is not None)
    return Pair(plain(f"{arm} → {target}"), target, fmean(each.value for each in same), gain)


def _drawn(pairs: Sequence[Pair], measure: str, right: float) -> Iterator[Markup]:
    xs, ys = ticks([pair.x for pair in pairs]), ticks([0.0, *(pair.y for pair in pairs)])
    targets = list(dict.fromkeys(pair.target for pair in pairs))
    yield from _lines(xs, ys, measure, right)
    places = [(_at(pair.x, xs, LEFT, right), _at(pair.y, ys, BOTTOM, TOP)) for pair in pairs]
    for pair, (x, y) in zip(pairs, places, strict=True):
        number = targets.index(pair.target)
        said = element("title", f"{pair.name}: {pair.x:.4f}, {signed(pair.y)}")
        yield element("g", said, mark(number, x, y), class_=hue(number))
    for place in _free(places):
        x, y = place
        side = {"x": x - 8, "text_anchor": "end"} if x > (LEFT + right) / 2 else {"x": x + 8}
        yield label(pairs[places.index(place)].name, y=y + 4, class_="small", **side)


def _free(places: Sequence[Place]) -> list[Place]:
    """The places where a name has room beside its dot, which those before it left."""
    free: list[Place] = []
    for x, y in places:
        if all(abs(x - other) > LONG or abs(y - height) > LINE for other, height in free):
            free.append((x, y))
    return free


def _lines(xs: Sequence[float], ys: Sequence[float], measure: str, right: float) -> Iterator[Markup]:
    for value in ys:
        y = _at(value, ys, BOTTOM, TOP)
        yield element("path", class_="z", d=f"M{LEFT} {y}H{right:g}")
        yield element("text", signed(value), x=LEFT - 6, y=y + 4, text_anchor="end")
    for value in xs:
        x = _at(value, xs, LEFT, right)
        yield element("text", f"{value:.4g}", x=x, y=BOTTOM + 18, text_anchor="middle")
    yield element("text", plain(measure), x=(LEFT + right) / 2, y=HEIGHT - 12, text_anchor="middle")


def _at(value: float, scale: Sequence[float], start: float, end: float) -> float:
    return round(start + (end - start) * (value - scale[0]) / (scale[-1] - scale[0]), 1)
