"""Views as figures: the page's pictures and tables, as SVG, PDF and PNG."""

import re
import struct
import sys
from xml.etree import ElementTree

import pytest
from test_hostile import NAMES

from helpers.planted import arm, over, together
from xh.results import formats
from xh.results.figure import pixels
from xh.results.page.elements import Markup
from xh.results.pictures import pictures
from xh.results.records import Results
from xh.results.views import VIEWS as DRAWN
from xh.spec import StorageError, UnavailableError, UsageError

LIMITS = (100, 400, 1600)
SVG = "{http://www.w3.org/2000/svg}"


def table_of(inters=("mnli", "squad"), targets=("xnli", "pawsx")):
    parts = [(inter, target, 1.5 - 3 * at) for at, inter in enumerate(inters) for target in targets]
    return together(*(arm(over(6, gain), inter=inter, target=target) for inter, target, gain in parts))


def curve(**fields):
    return together(*(arm(over(4, limit / 800), limit=limit, **fields) for limit in LIMITS))


VIEWS = [
    (table_of(), "heatmap"),
    (table_of(), "table"),
    (table_of(), "contrast:low,high"),
    (curve(), "curve"),
    (curve(), "curve:limit-intermediate"),
]


def read(figure):
    return ElementTree.fromstring(figure.svg)


def texts(figure):
    return [each.text for each in read(figure).iter(f"{SVG}text")]


@pytest.mark.parametrize(("results", "view"), VIEWS)
def test_a_view_is_one_svg_that_needs_nothing_else(results, view):
    figure = results.plot(view)
    root = read(figure)
    assert root.tag == f"{SVG}svg" and root.get("width") == "560"
    assert not re.search(r"var\(|light-dark|color-mix|href|url\(", figure.svg)
    assert figure._repr_svg_() == figure._repr_html_() == figure.svg


def test_the_page_has_the_same_picture():
    (picture,) = pictures(curve(), "curve")
    assert Markup("").join(picture.drawn) in formats.html(curve())


def test_a_heat_map_has_the_tables_numbers_and_colours():
    unsure = together(table_of(), arm(over(6, 0.1), inter="qqp"))
    figure = unsure.plot("heatmap")
    assert texts(figure) == ["xnli", "pawsx", "mnli", "+1.5*", "+1.5*", "squad", "-1.5*", "-1.5*", "qqp", "+0.1", "–"]
    cells = [(each.get("class"), each.get("fill-opacity")) for each in read(figure).iter(f"{SVG}rect")][1:]
    assert cells == [("more", "0.5")] * 2 + [("less", "0.5")] * 2
    assert '<text x="' in figure.svg and 'class="unsure">+0.1<' in figure.svg


def test_a_narrow_heat_map_turns_its_heads_and_keeps_its_texts_whole():
    wide = table_of(targets=[f"target-number-{number}" for number in range(9)]).plot("heatmap", width="84mm")
    assert "rotate(-35)" in wide.svg and "target-number-8" in texts(wide)
    assert "rotate" not in table_of().plot("heatmap").svg


def test_dots_are_hollow_where_there_may_be_chance_and_languages_have_names():
    figure = together(arm({"de": 2.0, "sw": 0.1}), arm({"de": -2.0, "sw": 0.2}, inter="squad")).plot("table")
    assert texts(figure)[:2] == ["mnli", "squad"]
    assert {"German (de)", "Swahili (sw)", "average", "difference in points"} <= {*texts(figure)}
    assert figure.svg.count('class="open"') == 2  # of sw


def test_several_pictures_stand_below_each_other_under_their_titles():
    one, both = (table_of(targets=targets).plot("table") for targets in (("xnli",), ("xnli", "pawsx")))
    assert "xnli · accuracy" not in texts(one)
    assert {"xnli · accuracy", "pawsx · accuracy", "averages"} <= {*texts(both)}
    assert float(read(both).get("height")) > 2 * float(read(one).get("height"))


def test_results_that_may_not_stand_side_by_side_say_which_they_are():
    found = together(curve(seeds=(1,)), curve(seeds=(1, 2), inter="squad"))
    assert [text for text in texts(found.plot("curve")) if "by limit-intermediate ·" in text] != []


@pytest.mark.parametrize(
    ("width", "found"),
    [("25.4mm", None), ("84mm", 317.48), ("3.5in", 336), ("240pt", 320), (560, 560), ("12 cm", 453.54)],
)
def test_a_width_has_a_unit(width, found):
    if found:
        assert pixels(width) == pytest.approx(found, abs=0.01)
        assert float(read(curve().plot("curve", width)).get("width")) == pytest.approx(found, abs=0.01)
    else:
        with pytest.raises(UsageError, match="no width of a figure"):
            pixels(width)


@pytest.mark.parametrize("width", ["wide", "84 ells", "-84mm", "1e9mm", "", "nan", "84mm\n<x>"])
def test_what_is_no_width_is_said_to_be_none(width):
    with pytest.raises(UsageError, match="no width"):
        curve().plot("curve", width)


@pytest.mark.parametrize("font", ['"/><script>', "a;b", "", "x{}", "a\nb"])
def test_what_is_no_font_is_said_to_be_none(font):
    with pytest.raises(UsageError, match="no name of a font"):
        curve().plot("curve", font=font)
    assert 'font-family="Times New Roman, sans-serif"' in curve().plot("curve", font="Times New Roman").svg


def test_there_may_be_nothing_to_draw():
    for results, view in ((Results(), "heatmap"), (arm(over(3, 1.0), inter="none"), "table"), (table_of(), "curve")):
        with pytest.raises(UsageError, match="nothing to draw"):
            results.plot(view)
    with pytest.raises(UsageError, match="heatmap"):
        Results().plot("heatmp")


@pytest.mark.parametrize("view", [name for name in DRAWN if name != "contrast"])
def test_every_view_is_a_picture_or_says_that_it_is_none(view):
    try:
        assert read(table_of().plot(view)).tag == f"{SVG}svg"
    except UsageError as error:
        assert "nothing to draw" in error.what


@pytest.mark.parametrize("name", NAMES)
def test_names_are_only_text(name):
    parts = [
        together(
            *(arm({each: 1.0, "fr": 2.0}, inter=each, target=f"{each} t", limit=limit, model=each) for limit in LIMITS),
            arm({each: 1.0, "fr": 2.0}, inter=f"{each} 2", target=f"{each} t", limit=100, model=each),
        )
        for each in (name, "name")
    ]
    for view in ("heatmap", "curve", "table"):
        hostile, ordinary = (list(read(part.plot(view)).iter()) for part in parts)
        assert {each.tag for each in hostile} == {each.tag for each in ordinary}
        assert {name for each in hostile for name in each.attrib} == {name for each in ordinary for name in each.attrib}
        assert hostile[2].text == ordinary[2].text  # the style


def test_a_file_is_of_the_kind_that_its_name_says(tmp_path):
    pytest.importorskip("vl_convert", reason='no converter: pip install "xh[figures]"')
    figure = table_of().plot("heatmap", "84mm")
    for suffix in ("svg", "pdf", "PNG"):
        figure.save(tmp_path / f"figure.{suffix}")
    assert (tmp_path / "figure.svg").read_text(encoding="utf-8") == figure.svg
    pdf = (tmp_path / "figure.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and b"/FontFile" in pdf
    (width,) = re.findall(rb"/MediaBox *\[0 0 ([\d.]+)", pdf)
    assert float(width) == pytest.approx(84 / 25.4 * 72, abs=0.5)
    png = (tmp_path / "figure.PNG").read_bytes()
    assert struct.unpack(">I", png[16:20])[0] == pytest.approx(84 / 25.4 * 300, abs=2)


def test_a_font_that_is_not_there_is_named_and_not_replaced(tmp_path):
    pytest.importorskip("vl_convert", reason='no converter: pip install "xh[figures]"')
    figure = table_of().plot("heatmap", font="No Such Font")
    with pytest.raises(UsageError, match="No Such Font is not installed"):
        figure.save(tmp_path / "figure.pdf")
    figure.save(tmp_path / "figure.svg")


def test_without_the_converter_only_svg_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    figure = table_of().plot("heatmap")
    figure.save(tmp_path / "figure.svg")
    for name in ("figure.pdf", "figure.png"):
        with pytest.raises(UnavailableError, match=r"pip install \"xh\[figures\]\""):
            figure.save(tmp_path / name)


def test_other_endings_and_places_that_are_not_there_are_errors(tmp_path):
    figure = table_of().plot("heatmap")
    for name in ("figure.gif", "figure", "figure."):
        with pytest.raises(UsageError, match=r"\.svg, \.pdf, \.png"):
            figure.save(tmp_path / name)
    with pytest.raises(StorageError, match="can't be written"):
        figure.save(tmp_path / "missing" / "figure.svg")
