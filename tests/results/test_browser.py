"""The page in a real Chromium: what a person does with it, and that it does nothing besides."""

import csv
import io
from pathlib import Path

import pytest
from msgspec.structs import replace

from helpers.accessibility import find_violations
from helpers.planted import arm, over, together
from xh.results import formats
from xh.results.change import ArmChange
from xh.results.training_log import TrainingLog

GAINS = {"de": 0.1, "fr": 3.0, "sw": -2.0, "ar": 1.0}
TRAININGS = tuple(
    TrainingLog(
        phase="intermediate", task="squad", inter="squad", targets=("xnli",), seed=seed, stage=f"s-{seed}",
        loss=((10, 2.0), (20, 1.0 / seed)), dev=((20, {"f1": 10.0 * seed}),), selected=20,
    )
    for seed in (1, 2)
)  # fmt: skip
HOSTILE = "</style></script><img src=x onerror=alert(1)>\"'\u2028]]>"


def changed(text, **fields):
    """An example that is gained, with this text."""
    known = {"inter": "mnli", "target": "xnli", "lang": "ar", "example": 3, "a": 0.0, "b": 100.0, "stages": ()}
    said = {"text": {"premise": text}, "gold": text, "predictions_a": (text,), "predictions_b": ("yes", "yes", "no")}
    return ArmChange(**known | said | fields)


class Reader:
    """Opens pages of results; at the end they have asked for nothing and met no error."""

    def __init__(self, browser, folder):
        self.browser, self.path = browser, folder / "page.html"
        self.met, self.pages = [], []

    def open(self, results, **context):
        self.path.write_text(formats.html(results), encoding="utf-8")
        page = self.browser.new_context(**context).new_page()
        self.pages.append(page)
        page.on("console", lambda message: self.met.append(message.text))
        page.on("pageerror", lambda error: self.met.append(str(error)))
        page.on("dialog", lambda dialog: self.met.append(dialog.message))
        page.on("request", lambda request: self.met.append(request.url))
        page.goto(self.path.as_uri())
        assert self.met.pop(0).endswith("page.html")
        return page

    def close(self):
        assert self.met == []
        for page in self.pages:
            page.context.close()


@pytest.fixture
def reader(browser, tmp_path):
    found = Reader(browser, tmp_path)
    yield found
    found.close()


def rows(page):
    return page.locator("tbody tr:visible th").all_inner_texts()


def test_a_table_is_sorted_by_mouse_and_keyboard_and_says_so(reader):
    page = reader.open(arm(GAINS))
    page.get_by_role("button", name="mnli").click()
    assert [each.split()[-1] for each in rows(page)] == ["fr", "ar", "de", "sw"]
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("mnli")
    page.get_by_role("button", name="language").focus()
    page.keyboard.press("Enter")
    assert [each.split()[-1] for each in rows(page)] == ["ar", "fr", "de", "sw"]
    page.get_by_role("button", name="class").click()
    assert rows(page)[-1].startswith("Swahili")
    assert page.locator("tfoot th").inner_text() == "average"


def test_a_table_is_filtered_and_saved_as_csv(reader):
    page = reader.open(arm(GAINS))
    page.get_by_role("searchbox").fill("germanic")
    assert [each.split()[-1] for each in rows(page)] == ["de"]
    assert page.locator("output").inner_text() == "1 of 4 rows"
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert next(csv.DictReader(io.StringIO(text))) == {
        "language": "German de", "baseline": "60", "baseline difference": "", "baseline low": "", "baseline high": "",
        "mnli": "60.1", "mnli difference": "0.1", "mnli low": "-0.4", "mnli high": "0.6",
        "family": "Indo-European, Germanic", "class": "5",
    }  # fmt: skip


def test_colours_follow_the_reader_until_chosen(reader):
    page = reader.open(arm(GAINS), color_scheme="dark")
    dark = background(page)
    switch = page.get_by_role("button", name="Dark")
    assert switch.get_attribute("aria-pressed") == "true"
    switch.press("Space")
    assert switch.get_attribute("aria-pressed") == "false" and background(page) != dark
    page.emulate_media(media="print")
    assert not page.locator("nav, .tools").locator("visible=true").count()


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_intervals_are_shown_when_asked(reader):
    page = reader.open(arm(GAINS))
    interval = page.locator(".ci").first
    assert interval.bounding_box()["width"] <= 1
    page.get_by_role("button", name="Intervals").click()
    assert interval.bounding_box()["width"] > 30


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_nobody_is_shut_out(reader, scheme, width):
    curve = [arm(over(4, limit / 800), limit=limit) for limit in (100, 400, 1600)]
    results = together(arm(GAINS, inter="squad"), arm(over(4, -1.0), inter="qqp", target="pawsx"), *curve)
    results = replace(results, trainings=TRAININGS, changes=(changed("كلمة"), changed("word", a=100.0, b=0.0)))
    page = reader.open(results, color_scheme=scheme, viewport={"width": width, "height": 800})
    page.get_by_role("button", name="Intervals").click()
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert find_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_training_is_unfolded_by_keyboard_and_its_steps_are_sorted_as_numbers(reader):
    page = reader.open(replace(arm(GAINS), trainings=TRAININGS))
    training = page.locator("details", has_text="squad · loss")
    assert not training.locator("svg").first.is_visible()
    training.locator("summary").press("Enter")
    assert training.locator("svg").count() == 2 and training.locator("svg").first.is_visible()
    training.get_by_role("button", name="step").click()
    assert training.locator("tbody tr:visible th").all_inner_texts() == ["20", "10"]


def test_a_print_has_the_notes_and_of_long_parts_what_is_unfolded(reader):
    page = reader.open(replace(arm(GAINS), trainings=TRAININGS, changes=(changed("word"),)))
    page.locator("details", has_text="squad · loss").locator("summary").click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    folded = page.locator("details:not([open]) > summary")
    assert folded.all_inner_texts() == ["mnli → xnli · 1 gained, 0 lost in 1 language"]


def test_examples_are_filtered_by_what_became_of_them_and_read_in_their_direction(reader):
    changes = changed("كلمة واحدة"), changed("word", a=100.0, b=0.0, lang="de", gold="")
    page = reader.open(replace(arm(GAINS), changes=changes))
    browser = page.locator("details", has_text="mnli → xnli · 1 gained, 1 lost in 2 languages")
    browser.locator("summary").click()
    words = browser.locator("td.words")
    assert [words.nth(at).evaluate("each => getComputedStyle(each).direction") for at in (0, 4)] == ["rtl", "ltr"]
    assert browser.get_by_text("yes | no").count() == 2 and browser.get_by_text("–", exact=True).count() == 1
    browser.get_by_role("searchbox").fill("lost")
    assert browser.locator("tbody tr:visible").all_inner_texts()[0].startswith("lost\tde\t3\tword")


def test_texts_of_examples_run_nothing_and_compute_nothing(reader):
    texts = (HOSTILE, "=1+1", "@SUM(A1)", "\u202eabc\u2066", "\t=1+1")
    page = reader.open(replace(arm(GAINS), changes=tuple(changed(text, example=at) for at, text in enumerate(texts))))
    browser = page.locator("details", has_text="gained, 0 lost")
    browser.locator("summary").click()
    assert page.locator("img").count() == 0 and not {"\u202e", "\u2066"} & {*browser.inner_text()}
    with page.expect_download() as saved:
        browser.get_by_role("button", name="CSV").click()
    lines = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8-sig"))))
    assert [line["gold"][:1] for line in lines] == ["<", "'", "'", "a", "'"]
    assert not [value for line in lines for value in line.values() if value[:1] in ("=", "@", "+", "-")]


def test_names_run_nothing_and_csv_computes_nothing(reader):
    page = reader.open(arm({"=1+1": 1.0, HOSTILE: 2.0}, inter=f"a{HOSTILE}", target=HOSTILE))
    assert page.locator("img").count() == 0
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1][0] == "'=1+1"
