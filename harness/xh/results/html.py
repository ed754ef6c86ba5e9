"""Blocks as one page of HTML that needs no other file and no network."""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from xh.results.answer import Answer
from xh.results.blocks import Block
from xh.results.grids import Grid
from xh.results.page.axes import figure
from xh.results.page.elements import Markup, code, element, joined, own, single
from xh.results.page.examples import Browser
from xh.results.page.tables import table
from xh.results.page.trainings import Course
from xh.results.pictures import charted, languages
from xh.results.sections import Section

FEW = 4
"""Notes that are not folded."""
BY_HAND = "by-hand"
"""The class of what is long, and printed only if it was unfolded."""
TRAININGS, EXAMPLES = "Trainings", "Examples gained and lost"


class Live(NamedTuple):
    """What stands above results while they are made, with its own style; a ``script`` asks for more of it."""

    section: Markup
    style: str = ""
    script: str = ""


NOTHING = Live(joined())


def render(
    blocks: Iterable[Block],
    sections: Iterable[Section] = (),
    title: str = "Appendix",
    answer: Answer | None = None,
    ci: bool = False,
    courses: Sequence[Course] = (),
    browsers: Sequence[Browser] = (),
    live: Live = NOTHING,
) -> str:
    """A page with an answer at its head, or else the first block's caption; ``title`` is that of the sections.

    ``ci``: with intervals that are shown from the first. ``courses``: of the trainings. ``browsers``: of examples.
    ``live``: what is shown above all that.
    """
    blocks, sections = list(blocks), list(sections)
    question = answer.question if answer else blocks[0].caption if blocks else "Nothing to report"
    style, script = own("style.css") + own("pictures.css"), own("script.js")
    style, script = style + live.style, script + live.script
    policy = _policy(style, script) + ("; connect-src 'self'" if live.script else "")
    head = element(
        "head",
        single("meta", charset="utf-8"),
        single("meta", http_equiv="Content-Security-Policy", content=policy),
        single("meta", name="viewport", content="width=device-width, initial-scale=1"),
        single("meta", name="referrer", content="no-referrer"),
        element("title", question),
        code("style", style),
    )
    main = element("main", *_blocks(blocks), _trainings(courses), _examples(browsers), *_appended(title, sections))
    links = {_named(name): name for name, there in ((TRAININGS, courses), (EXAMPLES, browsers)) if there}
    contents = _contents(_tables(blocks) | links)
    body = element("body", _header(question, answer, ci), live.section, contents, main, code("script", script))
    page = element("html", head, body, lang="en", class_="intervals" if ci else None)
    return f"<!doctype html>\n{page}\n"


def _policy(style: str, script: str) -> str:
    """Nothing is loaded, and nothing runs but this style and this script."""
    style, script = (b64encode(sha256(text.encode()).digest()).decode() for text in (style, script))
    allowed = f"style-src 'sha256-{style}'; script-src 'sha256-{script}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _header(question: str, answer: Answer | None, ci: bool) -> Markup:
    said = [element("p", answer.sentence, class_="answer"), _list(answer.caveats, "caveats")] if answer else []
    pressed = str(ci).lower()
    intervals = element("button", "Intervals", type="button", id="intervals", aria_pressed=pressed)
    theme = element("button", "Dark", type="button", id="theme", aria_pressed="false")
    tools = element("div", intervals, theme, class_="tools", hidden="")
    return element("header", element("div", element("h1", question), *said), tools)


def _tables(blocks: Sequence[Block]) -> dict[str, str]:
    """The titles of all tables by their ids."""
    return {_id(block, at): grid.title for block, found in enumerate(blocks) for at, grid in enumerate(found.grids)}


def _contents(titles: Mapping[str, str]) -> Markup:
    """Links to all that has a title."""
    links = [element("a", title, href=f"#{name}") for name, title in titles.items()]
    return element("nav", *links, aria_label="Tables") if len(links) > 1 else joined()


def _id(block: int, at: int) -> str:
    return f"table-{block + 1}-{at + 1}"


def _blocks(blocks: Sequence[Block]) -> Iterator[Markup]:
    for number, block in enumerate(blocks):
        yield element("h2", block.caption)
        yield from (_grid(grid, block, _id(number, at)) for at, grid in enumerate(block.grids))
        yield _notes(block.notes)


def _grid(grid: Grid, block: Block, name: str) -> Markup:
    """A table under its title; above it what is drawn of it."""
    shown = block.shown
    pictures = map(figure, charted(grid.name, shown)) if shown else ()
    whole = table(grid, languages(shown) if shown else ())
    return element("section", element("h3", grid.title), *pictures, _tools(grid.title), whole, id=name)


def _tools(title: str) -> Markup:
    """A field to filter a table and a button to save it."""
    return element(
        "div",
        single("input", type="search", placeholder="Filter", aria_label=f"Filter the rows of the table {title}"),
        element("button", "CSV", type="button"),
        element("output"),
        class_="tools",
        hidden="",
    )


def _trainings(courses: Sequence[Course]) -> Markup:
    """The courses of trainings, each folded; many of one phase together once more."""
    folded = [
        _folded(f"{phase} trainings ({len(same)})".capitalize(), *same, name=BY_HAND)
        if len(same) > FEW
        else joined(*same)
        for phase in dict.fromkeys(course.phase for course in courses)
        for same in [[_course(course) for course in courses if course.phase == phase]]
    ]
    return joined(_part(TRAININGS), *folded) if courses else joined()


def _course(course: Course) -> Markup:
    pictures, grid = map(figure, course.pictures), course.grid
    section = element("section", *pictures, _tools(grid.title), table(grid, (), "step"))
    return _folded(course.said, section, name=BY_HAND)


def _examples(browsers: Sequence[Browser]) -> Markup:
    """The examples of each arm and target, folded."""
    folded = [_folded(each.said, element("section", _tools(each.said), each.table), name=BY_HAND) for each in browsers]
    return joined(_part(EXAMPLES), *folded) if browsers else joined()


def _part(title: str) -> Markup:
    return element("h2", title, id=_named(title))


def _named(title: str) -> str:
    return title.lower().replace(" ", "-")


def _folded(title: str, *content: Markup, name: str | None = None) -> Markup:
    return element("details", element("summary", title), *content, class_=name)


def _notes(notes: Sequence[str]) -> Markup:
    if not notes:
        return joined()
    summary = element("summary", f"Notes ({len(notes)})")
    return element("details", summary, _list(notes), open="" if len(notes) <= FEW else None)


def _list(lines: Sequence[str], name: str | None = None) -> Markup:
    return element("ul", *(element("li", line) for line in lines), class_=name) if lines else joined()


def _appended(title: str, sections: Sequence[Section]) -> Iterator[Markup]:
    if sections:
        yield element("h2", title)
    for section in sections:
        lines = element("pre", "\n".join(section.lines), tabindex=0) if section.code else _list(section.lines)
        yield _folded(section.title, lines)
