"""Two arms compared, for people: grids of scores and of examples, and the examples themselves."""

from collections.abc import Iterator, Sequence

from xh.results.blocks import Block
from xh.results.change import Change
from xh.results.comparison import Compared, Comparison
from xh.results.grids import Entry, Grid, Line
from xh.results.numbers import ONE_SEED, STAR, heading
from xh.results.sections import Section
from xh.results.significance import LEVEL
from xh.results.texts import plain, short

LONGEST = 300
"""Characters of a text that are shown; JSON has all."""

TESTS = {
    "mcnemar": "an exact McNemar test",
    "randomisation": "a randomisation test of examples",
    "bootstrap": "paired bootstrap",
}
SEEDS = (
    "An example counts with its mean over seeds {}, which are no further examples; tests swap its sides in all of them."
)


def block(compared: Compared) -> Block:
    """The grids of each target and metric, and how to read them."""
    groups: dict[tuple[str, str], list[Comparison]] = {}
    for each in compared.comparisons:
        groups.setdefault((each.target, each.metric), []).append(each)
    grids = [grid for found in groups.values() for grid in _grids(compared, found)]
    caption = f"{heading(compared.b)} against {heading(compared.a)} · {compared.context}"
    return Block(
        plain(caption),
        tuple(grids),
        tuple(map(plain, (*_legends(compared.comparisons, compared.family), *compared.notes))),
    )


def examples(compared: Compared) -> list[Section]:
    """The changed examples whose texts are known, each with both predictions."""
    return [section(change, compared.a, compared.b) for change in compared.changes if change.text]


def _grids(compared: Compared, found: Sequence[Comparison]) -> Iterator[Grid]:
    first = found[0]
    title = f"{first.target} · {first.metric}"
    columns = tuple(map(plain, (compared.a, compared.b)))
    yield Grid(first.target, plain(title), (*columns, "p", "n"), tuple(map(_scores, found)))
    if known := [each for each in found if each.gained is not None]:
        outcomes = ("gained", "lost", "both right", "both wrong")
        yield Grid(f"{first.target}-examples", plain(f"{title} · examples"), outcomes, tuple(map(_outcomes, known)))


def _scores(each: Comparison) -> Line:
    after = Entry(each.b, each.delta, interval=each.ci95_examples, p=each.p_holm)
    entries = (Entry(each.a), after, Entry(text=_p(each.p_holm)), Entry(text=str(each.n)))
    return Line(plain(each.lang or "average"), entries, total=each.lang is None)


def _outcomes(each: Comparison) -> Line:
    counts = (each.gained, each.lost, each.both_right, each.both_wrong)
    return Line(plain(each.lang or "all"), tuple(Entry(text=str(count)) for count in counts), total=each.lang is None)


def _p(value: float | None) -> str:
    return "–" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"


def _legends(found: Sequence[Comparison], family: str) -> Iterator[str]:
    tests = {test: [each for each in found if each.test == test] for test in TESTS}
    named = [TESTS[test] + " for averages" * (not any(each.lang for each in of)) for test, of in tests.items() if of]
    if named:
        yield f"p: two-sided, by {', '.join(named)}; corrected by Holm over {family}. {STAR} p < {LEVEL}."
    seeds = max((each.seeds for each in found), key=len)
    if len(seeds) > 1:
        yield SEEDS.format(", ".join(map(str, seeds)))
    elif seeds and named:
        yield ONE_SEED


def section(change: Change, a: str, b: str) -> Section:
    """A changed example with its texts, its gold, and what the arms ``a`` and ``b`` predict."""
    numbers = f"example {change.example} · {change.a:.0f} → {change.b:.0f}"
    lines = (f"{name}: {text or '–'}" for name, text in texts(change, a, b).items())
    return Section(plain(f"{change.outcome} · {change.target} {change.lang} · {numbers}"), tuple(map(plain, lines)))


def texts(change: Change, a: str, b: str) -> dict[str, str]:
    """What is shown of a change by name: its texts, its gold, and the different predictions of each arm."""
    predictions = {a: change.predictions_a, b: change.predictions_b}
    said = {heading(name): " | ".join(dict.fromkeys(texts)) for name, texts in predictions.items()}
    return {name: short(text, LONGEST) for name, text in (change.text | {"gold": change.gold} | said).items()}
