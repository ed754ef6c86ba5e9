"""Names that would steer what shows them: they come from plugins, folders and whoever wrote the data."""

import csv
import io

import msgspec
import pytest

from helpers.page_reader import parsed
from xh.results import formats
from xh.results.change import ArmChange
from xh.results.provenance import Appendix, Command, Data, Recipe
from xh.results.records import Average, Results, Row, Summary
from xh.results.training_log import TrainingLog
from xh.results.view import View
from xh.spec import Machine

NAMES = [
    "a|b",
    "`code`",
    "<script>alert(1)</script>",
    "[click](http://evil.example)",
    "![x](http://evil.example/x.png)",
    "*bold* $x$",
    "_emphasis_ ~~struck~~",
    "line\nbreak\r\n# heading",
    "\x1b[31mred\x1b]0;title\x07",
    "right‮to left",
    "[red]markup[/red]",
    r"\input{/etc/passwd}",
    "100% & #1 ~ ^ { }",
    "& \\\\ \\end{table}",
    '=HYPERLINK("http://evil.example")',
    "+1",
    "-1",
    "@SUM(A1)",
    "</style></script><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)\" autofocus onfocus=\"alert(1)",
    "one\u2028two\u2029]]>--><!--",
    "&#60;b&#62;&lt;script&gt;x",
    "javascript:alert(1)",
]


def results(name):
    """One score, in which everything that is a name is this one."""
    shared = {"inter": name, "target": name, "baseline": 50.0, "delta": 1.0, "ci95_examples": (0.5, 1.5), "n": 10}
    known = {"chance": None, "at_chance": None}
    protocol = {"encoder": name, "profile": name, "source": name, "settings": {name: name}, "baseline": "other"}
    row = Row(
        **shared, **known, lang=name, seed=1, metric=name, value=51.0, main=True, stage="s", protocol=protocol,
        comparable=False, why_not=name,
    )  # fmt: skip
    average = Average(**shared, **known, seed=1, score=51.0, comparable=False, why_not=f"{name} too", stages=("s",))
    sds = {"sd_seeds": None, "baseline_sd_seeds": None, "delta_sd_seeds": None}
    summaries = [
        Summary(**shared, **known, **sds, lang=lang, metric=metric, main=True, seeds=(1,), mean=51.0, stages=("s",))
        for lang, metric in ((name, name), (None, None))
    ]
    training = TrainingLog(
        phase="target", task=name, inter=name, targets=(name,), seed=1, stage="s", loss=((1, 2.0),),
        dev=((1, {name: 3.0}),),
    )  # fmt: skip
    change = ArmChange(
        inter=name, target=name, lang=name, example=3, a=0.0, b=100.0, stages=(),
        text={name: name}, gold=name, predictions_a=(name,), predictions_b=(name, "other"),
    )  # fmt: skip
    appendix = Appendix(
        date="2026-11-30",
        xh="1",
        commands=(Command(words=("xh", name), started="2026-11-30", seconds=1.0, outcome="finished", version=name),),
        versions={"torch": name},
        machines=(Machine(device=name, processor=name),),
        encoders={name: (name,)},
        data=(Data(task=name, split="test", source="folder", contents={name: name}),),
        recipes=(Recipe(phase="target", task=name, kind=name, settings={name: name}, limits={}),),
        bibtex="@misc{key}",
    )
    return Results(
        rows=(row,),
        averages=(average,),
        summaries=tuple(summaries),
        trainings=(training,),
        changes=(change,),
        appendix=appendix,
    )


def view(name):
    return View(ci=True, notes=True, appendix=True, question=name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["table", "markdown", "html", "latex"])
def test_no_line_and_no_character_is_more_than_text(form, name):
    render = getattr(formats, form)
    text, ordinary = render(results(name), view(name)), render(results("name"), view("name"))
    assert not [each for each in text if (ord(each) < 32 and each != "\n") or each in "‮\x7f\x9b"]
    if form != "table":  # whose lines are wrapped
        assert text.count("\n") == ordinary.count("\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_shows_names_as_they_are(name):
    printable = "".join(each for each in name.replace("\r\n", "  ").replace("\n", " ") if each >= " " and each != "‮")
    shown = "".join(formats.table(results(name), view(name)).split())
    assert f"encoder{''.join(printable.split())}·profile" in shown


@pytest.mark.parametrize("name", NAMES)
def test_markdown_has_no_more_cells_links_and_tags(name):
    text = formats.markdown(results(name), View(ci=True))
    cells = [line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")]
    assert set(cells) == {4}
    assert "<script" not in text and "](" not in text
    assert not [each for each in "`*$_~" if each in text.replace(f"\\{each}", "").replace("**", "")]


@pytest.mark.parametrize("name", NAMES)
def test_html_has_no_more_elements_and_attributes(name):
    read, ordinary = (
        parsed(formats.html(results(name), view(name))),
        parsed(formats.html(results("name"), view("name"))),
    )
    assert [(tag, [*attributes]) for tag, attributes in read.tags] == [
        (tag, [*attributes]) for tag, attributes in ordinary.tags
    ]
    assert read.scripts == ordinary.scripts


@pytest.mark.parametrize("name", NAMES)
def test_latex_has_no_other_commands(name):
    text = formats.latex(results(name), view(name))
    for harmless in (r"\textbackslash{}", r"\{", r"\}", r"\&", r"\%", r"\#"):
        text = text.replace(harmless, "")
    assert r"\input{" not in text
    assert text.count(r"\end{table}") == text.count(r"\begin{table}") == 1
    assert all(line.count("&") == 2 for line in text.splitlines() if line.endswith(r"\\"))
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize("name", NAMES)
def test_csv_computes_nothing(name):
    text = formats.csv(results(name))
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["inter"] in (name, f"'{name}")
    assert not [value for value in row.values() if value[:1] in "=+-@\t\r" and value]
    assert not next(csv.reader(io.StringIO(text)))[-1].startswith(tuple("=+-@"))


@pytest.mark.parametrize("name", NAMES)
def test_json_keeps_names(name):
    assert msgspec.json.decode(formats.json(results(name)), type=Results) == results(name)
