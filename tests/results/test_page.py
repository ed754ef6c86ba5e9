"""The page: one file that needs no other, in which every picture has its numbers as a table."""

import re
from base64 import b64encode
from hashlib import sha256
from itertools import product

import pytest
from msgspec.structs import replace

from helpers.page_reader import parsed
from helpers.planted import CODES, arm, over, together
from xh.results import formats
from xh.results.page.curves import curves
from xh.results.records import Results
from xh.results.similarity import Similarity
from xh.results.view import View
from xh.spec.cell import Coordinates

TARGETS = ("xnli", "pawsx")
LIMITS = (100, 400, 1600)


def table_of(inters=("mnli", "squad"), targets=TARGETS, **fields):
    parts = [
        arm(over(15, 1.5 - number), inter=inter, target=target, **fields)
        for number, inter in enumerate(inters)
        for target in targets
    ]
    return together(*parts)


def curve():
    return together(*(arm(over(4, limit / 800), limit=limit) for limit in LIMITS))


@pytest.mark.parametrize("results", [table_of(), curve(), table_of(("mnli",), ("xnli",)), Results()])
def test_it_is_whole_and_refers_to_nothing_outside(results):
    page = parsed(formats.html(results))
    assert not page.wrong and not page.open
    links = [
        value for _, attributes in page.tags for key, value in attributes.items() if key in ("href", "src", "style")
    ]
    assert all(link.startswith("#") for link in links)
    assert {link[1:] for link in links} <= {attributes.get("id") for _, attributes in page.tags}
    assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on")]
    assert page.all("meta")[2] == {"name": "viewport", "content": "width=device-width, initial-scale=1"}


def test_nothing_runs_but_its_own_script_and_style():
    page = parsed(formats.html(table_of()))
    (policy,) = (each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    for name, text in page.scripts:
        assert f"{name}-src 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert [name for name, _ in page.scripts] == ["style", "script"]


def test_its_head_is_the_question_and_the_answer():
    page = parsed(formats.html(table_of(("mnli",), ("xnli",))))
    assert page.texts[1] == page.texts[2] == "Does training on mnli first make xnli better in other languages?"
    assert page.texts[3].startswith("Yes: mnli helps xnli; mean +1.5 points over 15 languages")


def test_a_study_asks_its_own_question():
    page = parsed(formats.html(table_of(), View(question="How much data is enough?")))
    assert page.texts[1] == "How much data is enough?"


def test_a_heat_map_has_colours_numbers_and_italics():
    unsure = together(table_of(), arm(over(15, 0.1), inter="qqp"))
    text = formats.html(unsure)
    heatmap = text[text.index("difference of the averages") : text.index("xnli · accuracy</h3>")]
    assert '<td class="more5" data-n=",1.5,1.2,1.8"><span>+1.5*</span>' in heatmap
    assert '<td class="unsure" data-n=",0.1,-0.2,0.4"><span>+0.1</span>' in heatmap
    assert "<span>–</span>" in heatmap


def test_one_difference_is_no_heat_map():
    assert "difference of the averages" not in formats.html(table_of(("mnli",), ("xnli",)))


def test_a_language_has_its_name_family_class_and_a_dot_with_its_interval():
    text = formats.html(arm({"sw": 2.0, "de": 0.1}))
    assert '<th scope="row">Swahili <small>sw</small></th>' in text
    assert '<td class="text">Niger-Congo</td><td class="text">2</td>' in text
    assert re.findall(r'<circle class="(\w+)"', text) == ["gain", "unsure", "gain"]
    assert "from -0.4 to +2.5 points" in text


def test_a_language_that_nobody_describes_has_its_code():
    text = formats.html(arm({"xx": 2.0}))
    assert '<th scope="row">xx</th>' in text and ">family<" not in text


def test_languages_are_lines_also_where_encoders_differ():
    text = formats.html(together(*(arm(over(3, 1.0), model=model) for model in ("mini", "large"))))
    assert text.count('<th scope="row">German <small>de</small></th>') == 1
    assert text.count("<tfoot>") == 1


def test_a_curve_has_a_picture_for_each_target_and_a_table():
    page = parsed(formats.html(curve()))
    (picture,) = (each for each in page.all("svg") if each.get("role") == "img")
    assert picture["aria-label"] == "xnli by limit-intermediate; its numbers are in the table below"
    assert "averages by limit-intermediate" in page.texts


def test_intervals_of_several_curves_stand_beside_each_other():
    from xh.results.pictures import pictures

    alone = "".join(pictures(curve(), "curve")[0].drawn)
    both = together(curve(), *(arm(over(4, 1.0), limit=limit, inter="squad") for limit in LIMITS))
    (picture,) = pictures(both, "curve")
    places = re.findall(r'class="line" d="M([\d.]+) [\d.]+V', "".join(picture.drawn))
    assert len({*places}) == 6 and len(re.findall(r'class="line" d="M([\d.]+) [\d.]+V', alone)) == 3


def test_far_numbers_are_on_a_logarithmic_scale_and_near_ones_are_not():
    assert spaces(LIMITS) == pytest.approx([1.0], abs=0.01)
    assert spaces((100, 200, 400)) == pytest.approx([2.0], abs=0.01)


def spaces(limits):
    """The space between the last two points over that between the first two."""
    from xh.results.blocks import blocks

    (block,) = blocks(together(*(arm(over(2, 1.0), limit=limit) for limit in limits)))
    (picture,) = curves(block.shown, "limit_intermediate")
    first, second, third = (float(x) for x in re.findall(r'x="([\d.]+)" y="270', "".join(picture.drawn)))
    return [(third - second) / (second - first)]


def test_a_scatter_names_each_pair():
    similar = [pair(inter, target, value) for value, (inter, target) in enumerate(product(("mnli", "squad"), TARGETS))]
    text = formats.html(replace(table_of(), similarities=tuple(similar)))
    assert "cka and gain in points" in text and text.count("<title>") == 1 + 4
    assert "<title>mnli → xnli: 0.0000, +1.5</title>" in text
    assert re.findall(r">(\w+ → \w+)</text>", text) == ["mnli → xnli", "mnli → pawsx", "squad → xnli", "squad → pawsx"]


def pair(inter, target, value):
    gain = {"mnli": 1.5, "squad": 0.5}[inter]
    at, stage = Coordinates(model="mini"), f"evaluate-{target}-{inter}-mini-None-1"
    return Similarity(
        measure="cka", inter=inter, at=at, target=target, lang=None, encoder_identity="1", seed=1, value=value,
        delta=gain, evaluation=stage, stages=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["</title><script>alert(1)</script>", "\"' onload='alert(1)", "a]]>\u2028<!--", "\x1b[31m"]
)
def test_names_in_pictures_are_only_text(name):
    assert pictured(name) == pictured("name")


def pictured(name):
    """The elements and attributes of a page with a heat map, a curve and a scatter in which names are this one."""
    parts = [arm({"de": 1.0, "fr": 2.0}, inter=name, target=f"{name} t", limit=limit) for limit in LIMITS]
    found = [part.rows[0] for part in parts]
    similar = [
        replace(pair("mnli", "xnli", value), inter=row.inter, target=row.target, at=row.at, evaluation=row.stage)
        for value, row in enumerate(found)
    ]
    page = parsed(formats.html(replace(together(*parts), similarities=tuple(similar))))
    assert len([each for each in page.all("svg") if each.get("role") == "img"]) == 2
    return [(tag, [*attributes]) for tag, attributes in page.tags], page.scripts, page.wrong


def test_every_picture_stands_with_a_table_and_every_table_can_be_reached():
    text = formats.html(together(table_of(), curve()))
    for section in re.findall(r"<section.*?</section>", text):
        assert section.count("<table") == 1
    page = parsed(text)
    regions = [each for each in page.all("div") if each.get("class") == "scroll"]
    assert all(each["tabindex"] == "0" and each["role"] == "region" and each["aria-label"] for each in regions)
    assert len(page.all("svg")) == len([e for e in page.all("svg") if e.get("aria-hidden") or e.get("role") == "img"])
    assert all(each["scope"] for each in page.all("th"))


def test_a_view_that_was_asked_for_stands_alone():
    gains = {"sw": 3.0, "ur": 2.5, "de": 0.1, "fr": 0.4}
    text = formats.html(arm(gains), View(views=("contrast:low,high",)))
    titles = re.findall(r"<h3>(.*?)</h3>", text)
    assert [title.partition(" ·")[0] for title in titles] == ["gain: low less high"]
    assert "<circle" in text


def test_a_large_table_is_small_enough():
    inters, targets = ([f"{role}{number}" for number in range(9)] for role in ("task", "target"))
    langs = dict.fromkeys([*CODES, *(f"l{number}" for number in range(25))], 1.0)
    parts = [arm(langs, inter=inter, target=target) for inter in inters for target in targets]
    assert len(formats.html(together(*parts)).encode()) < 2_000_000


def test_results_show_themselves_as_a_table_and_in_a_notebook_as_the_page_in_a_frame():
    results = table_of()
    assert str(results) == formats.table(results)
    page = parsed(results._repr_html_())
    (frame,) = page.all("iframe")
    assert frame["srcdoc"] == formats.html(results)
    assert "allow-same-origin" not in frame["sandbox"]
