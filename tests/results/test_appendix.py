"""Where results come from: all that is needed to make them again, and what to cite."""

import json

import msgspec
import pytest

import xh
from helpers.shelf import make_task
from xh.results import formats
from xh.results.appendix import public
from xh.results.bibtex import bibtex
from xh.results.rows import collect
from xh.results.view import View
from xh.spec import Machine

RECIPE = {"learning_rate": 5e-5, "epochs": 3.0, "max_length": 128}
RUN = {
    "command": ["xh", "run", "--inter", "first", "--data", "/home/somebody/mirror", "--set", "nli.epochs=3"],
    "started": "2026-11-29T10:00:00+00:00",
    "seconds": 61.2,
    "outcome": "finished",
    "version": "0.1.0",
}


@pytest.fixture
def results(shelf):
    """A target after an intermediate task with two seeds, on data of the Hub, and how it was called."""
    nli = make_task("nli", citation="Author et al. 2018, arXiv:1809.05053")
    inter = make_task(
        "first", citation="One and Other 2007, Journal 33(3); splits of Third et al. 2019, arXiv:1902.00193"
    )
    for seed in (1, 2):
        data = {"first/train/en": "org/first@abc", "first/dev/en": "org/first@abc"}
        parent = shelf.train("intermediate", inter, inter="first", seed=seed, data=data)
        parent = shelf.train("target", nli, inter="first", seed=seed, parent=parent, recipe=RECIPE, limit_train=100)
        values = {"de": 50.0, "fr": 51.0}
        data = {f"nli/test/{lang}": "org/nli@123" for lang in values}
        shelf.evaluate(nli, values, inter="first", parent=parent, recipe=RECIPE, data=data)
    (shelf.store.root / "history").mkdir()
    (shelf.store.root / "history" / "20261129T100000Z-1.json").write_text(json.dumps(RUN))
    return collect(shelf.store)


def test_it_is_always_in_json(results):
    found = json.loads(formats.json(results))["appendix"]
    assert found["xh"] == xh.__version__
    assert found["encoders"] == {"mini": ["sha256:1"]}
    assert found["versions"] == {"torch": "2.13"}
    assert found["commands"] == [
        {
            "words": ["xh", "run", "--inter", "first", "--data", "…/mirror", "--set", "nli.epochs=3"],
            "started": "2026-11-29T10:00:00+00:00",
            "seconds": 61.2,
            "outcome": "finished",
            "version": "0.1.0",
        }
    ]


def test_recipes_are_what_differs_from_the_defaults_with_all_seeds(results):
    found = {(each.phase, each.task): each for each in results.appendix.recipes}
    assert found.keys() == {("intermediate", "first"), ("target", "nli")}
    target = found["target", "nli"]
    assert (target.settings, target.limits, target.seeds) == ({"epochs": 3.0}, {"limit_train": 100}, (1, 2))


def test_data_are_named_by_split_and_content(results):
    found = {(each.task, each.split): each for each in results.appendix.data}
    assert found["nli", "test"].source == "hub"
    assert found["nli", "test"].contents == {"de": "org/nli@123", "fr": "org/nli@123"}
    assert found["first", "train"].contents == {"en": "org/first@abc"}


def test_what_had_several_contents_is_named_with_each(shelf):
    for number in (1, 2):
        data = {"pairs/test/de": f"sha256:{number}", "pairs/test/fr": "sha256:0"}
        shelf.evaluate(
            make_task("pairs", "bitext"), {"de": 60.0, "fr": 1.0}, data=data, encoder=f"org/encoder@{number}"
        )
    found = collect(shelf.store).appendix
    contents = sorted(each.contents["de"] for each in found.data)
    assert contents == ["sha256:1", "sha256:2"]
    assert sorted(found.encoders["mini"]) == ["org/encoder@1", "org/encoder@2"]


@pytest.mark.parametrize("name", ["table", "markdown", "html", "latex"])
def test_every_format_for_people_ends_with_it_when_asked_and_a_page_always(results, name):
    render = getattr(formats, name)
    assert name == "html" or "org/nli@123" not in render(results)
    text = render(results, View(appendix=True)).replace(r"\_", "_")
    if name == "latex":
        text = text.replace("{-}", "-")
    for part in (
        "xh run --inter first",
        "…/mirror" if name != "latex" else r"\ldots{}/mirror",
        "torch 2.13",
        "nli test (de, fr): org/nli@123",
        "target nli (classify): epochs 3.0, limit-train 100; seeds 1, 2",
        "@misc{author2018,",
        "eprint = {2003.11080}",
    ):
        assert part in text
    assert "/home" not in text and "somebody" not in text


def test_what_is_not_known_is_said_to_be(shelf):
    shelf.evaluate(make_task("pairs", "bitext"), {"de": 60.0})
    lines = formats.table(collect(shelf.store), View(appendix=True)).splitlines()
    for title in ("Commands", "Machines"):
        assert lines[lines.index(title) + 1].strip() == "not recorded"


def test_machines_are_named(shelf):
    stage = shelf.stage({"phase": "evaluate", "tasks": {"test": make_task("t")}}, {"inter": "none", "target": "t"}, "t")
    machine = Machine(device="cuda", processor="NVIDIA H100", precision="bf16", threads=8)
    with shelf.store.work(stage) as folder:
        score = {"lang": "de", "metric": "accuracy", "value": 50.0, "n": 10}
        (folder / "scores.json").write_text(json.dumps({"scores": [score]}))
        shelf.store.commit(stage, folder, {}, {}, 1.0, machine)
    results = collect(shelf.store)
    assert results.appendix.machines == (machine,)
    assert "cuda, NVIDIA H100, bf16, 8 threads" in formats.table(results, View(appendix=True))


def test_a_citation_of_several_papers_is_several_entries():
    tasks = [
        make_task("a", citation="One and Other 2007, Journal 33(3); splits of Third et al. 2019, arXiv:1902.00193"),
        make_task("b", citation="Third et al. 2019, arXiv:1910.11856"),
        make_task("c", citation="Dumps, https://dumps.example.org"),
        make_task("d", citation="One and Other 2007, Journal 33(3)"),
    ]
    text = bibtex(tasks)
    assert "@misc{one2007,\n  author = {One and Other},\n  year = {2007},\n  note = {One and Other 2007" in text
    assert "@misc{third2019,\n  author = {Third and others}," in text
    assert "@misc{third2019b," in text
    assert "eprint = {1902.00193}" in text and "eprint = {1910.11856}" in text
    assert "@misc{dumps-https-dumps,\n  note = {Dumps, https://dumps.example.org}" in text
    assert text.count("One and Other 2007") == 1
    assert text.count("{") == text.count("}")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("--inter", "--inter"),
        ("squad,mnli", "squad,mnli"),
        ("org/model", "org/model"),
        ("/home/me/models/xlmr", "…/xlmr"),
        ("~/data", "…/data"),
        ("hub,mlm=/home/me/text", "hub,mlm=…/text"),
        ("--data=/home/me/text", "--data=…/text"),
        ("C:\\Users\\me\\data", "…/data"),
        ("--runs home/me", "--runs …/me"),
        ("--data hub,mlm=me/text", "--data hub,mlm=…/text"),
        ("--data sample --model org/model", "--data sample --model org/model"),
        ("--runs=home/me -o out/me.txt", "--runs=…/me -o …/me.txt"),
    ],
)
def test_words_of_a_command_lose_their_paths(word, expected):
    assert public(word.split()) == tuple(expected.split())


def test_latex_shows_commands_so_that_they_can_be_typed_again(results):
    called = msgspec.structs.replace(
        results.appendix.commands[0], words=("xh", "run", "--inter", "a b", "--set", "a_b=`")
    )
    appendix = msgspec.structs.replace(results.appendix, commands=(called,))
    text = formats.latex(msgspec.structs.replace(results, appendix=appendix), View(appendix=True))
    quote, grave = r"\textquotesingle{}", r"\textasciigrave{}"
    words = rf"xh run {{-}}{{-}}inter {quote}a b{quote} {{-}}{{-}}set {quote}a\_b={grave}{quote}"
    assert rf"\item \texttt{{{words}}} (2026-11-29T10:00:00+00:00, xh 0.1.0, 61 s, finished)" in text
