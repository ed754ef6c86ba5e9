"""Sparklines of differences, and tables by the values of an axis."""

import pytest
from test_hostile import NAMES, results

from helpers.planted import CODES, arm, together
from xh.results import formats
from xh.results.blocks import blocks
from xh.results.sparklines import LEVELS
from xh.results.view import View
from xh.spec import UsageError

SPARKLINE = View(views=("sparkline",))
GAINS = dict(zip(CODES, [2.0, 0.0, -1.0, 6.0], strict=False))


def grid(view, *parts):
    return blocks(together(*parts), view)[0].grids[0]


def test_a_bar_for_each_language_on_one_scale_for_a_target():
    found = grid(SPARKLINE, arm(GAINS), arm({"de": 1.0, "sw": 6.0}, inter="squad"))
    assert found.title == f"xnli · difference by language ({LEVELS[0]} -1.0, {LEVELS[-1]} +6.0): de fr sw ru"
    assert [(line.name, *(entry.text for entry in line.entries)) for line in found.lines] == [
        ("mnli", "▄▂▁█", "sw -1.0", "ru +6.0"),
        ("squad", "▃·█·", "de +1.0", "sw +6.0"),
    ]


def test_bars_that_have_no_room_in_a_line_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr("xh.results.terminal.WIDTH", 30)
    text = formats.table(arm({f"l{number}": float(number) for number in range(40)}), SPARKLINE)
    assert sum(text.count(level) for level in LEVELS) == 40 + 2 and max(map(len, text.splitlines())) <= 30


def test_scales_have_zero_in_them_though_all_languages_gain_or_none_differs():
    assert grid(SPARKLINE, arm({"de": 7.0, "fr": 3.5})).lines[0].entries[0].text in ("█▄", "█▅")
    assert grid(SPARKLINE, arm({"de": 0.0})).lines[0].entries[0].text == "▁"


@pytest.mark.parametrize("form", ["table", "markdown", "html", "latex"])
def test_every_format_has_it(form):
    text = getattr(formats, form)(arm(GAINS), SPARKLINE)
    bars = "".join(rf"\rule{{0.3em}}{{{height}ex}}\kern0.1em{{}}" for height in (0.8, 0.4, 0.2, 1.6))
    assert (bars if form == "latex" else "▄▂▁█") in text
    assert form != "latex" or ("$-$" in text and " -" not in text)
    assert not [each for each in LEVELS if form == "latex" and each in text]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["table", "markdown", "html", "latex"])
def test_names_in_it_are_text_and_nothing_else(form, name):
    render = getattr(formats, form)
    text, ordinary = render(results(name), SPARKLINE), render(results("name"), SPARKLINE)
    assert not [each for each in text if (ord(each) < 32 and each != "\n") or each in "‮\x7f\x9b"]
    if form != "table":
        assert text.count("\n") == ordinary.count("\n")
    if form == "markdown":
        cells = {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")}
        assert cells == {5, 3} or cells == {5}
    if form == "latex":
        assert text.count(r"\end{table}") == ordinary.count(r"\end{table}") and r"\input{" not in text


def test_by_an_axis_each_value_has_its_own_tables_with_the_baselines_of_all():
    arms = [arm(GAINS, model=model, limit=limit) for model in ("mini", "xlmr") for limit in (100, 400)]
    one, other = blocks(together(*arms), View(by="limit-intermediate"))
    assert one.caption.endswith(" · limit-intermediate 100") and other.caption.endswith(" · limit-intermediate 400")
    assert [line.name for line in one.grids[0].lines] == ["mini · mnli", "xlmr · mnli"]
    by_model = blocks(together(*arms), View(by="model"))
    assert [block.caption.split(" · ")[0] for block in by_model] == ["encoder mini", "encoder xlmr"]
    assert [line.name for line in by_model[0].grids[0].lines] == ["mnli · 100", "mnli · 400"]
    assert len(blocks(arms[0], View(by="model"))) == 1


def test_arms_that_differ_in_no_other_axis_become_columns():
    found = blocks(together(*(arm(GAINS, model=model) for model in ("mini", "xlmr"))), View(by="model"))
    assert [block.grids[0].columns for block in found] == [("none", "mnli")] * 2


def test_an_axis_that_nobody_knows_is_refused():
    with pytest.raises(UsageError, match="no axis 'modle'"):
        blocks(arm(GAINS), View(by="modle"))
