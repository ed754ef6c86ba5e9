"""Gap: how much of the way from training in English to training in the target language an arm goes."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from xh.results.arms import arms
from xh.results.grids import Draft, Entry, Grid, drawn
from xh.results.numbers import between, signed
from xh.results.records import Interval, Summary, column
from xh.results.resampled import bootstrapped
from xh.spec.cell import BASELINE


class Gap(Struct, frozen=True, kw_only=True):
    """Means over ``langs``, those in which all three are known.

    ``plain``: trained on the target's English data; ``arm``: after something else, which ``name`` tells; ``own``:
    trained on the target's data in the language that is tested. ``closed``: the share of own - plain that arm - plain
    is, None where there is no gap. ``ci95_gap``, ``ci95_languages``: bootstrap intervals over languages of the gap and
    of that share, which means nothing where the gap may be none.
    """

    name: str
    target: str
    langs: tuple[str, ...]
    plain: float
    arm: float
    own: float
    closed: float | None
    ci95_gap: Interval | None
    ci95_languages: Interval | None


def gaps(summaries: Sequence[Summary]) -> list[Gap]:
    """A gap for each target and arm that is not trained in the language of the test, beside the two that it is between.

    What is trained in the language that is tested is the reference: without an intermediate task, and with all else the
    same.
    """
    main = [each for each in summaries if each.main and each.lang and each.mean is not None]
    own = {_place(each): each.mean for each in main if each.lang == each.at.train_lang and column(each) == BASELINE}
    others = [each for each in main if each.lang != each.at.train_lang]
    named = arms(others)
    plain = {_place(each): each.mean for each in others if column(each) == BASELINE}
    found: dict[tuple[str, str], dict[str, tuple[float, float, float]]] = {}
    for each in sorted(others, key=named.order):
        place = _place(each)
        if column(each) != BASELINE and place in own and place in plain:
            values = found.setdefault((named.label(each), each.target), {})
            values[str(each.lang)] = plain[place], each.mean, own[place]  # type: ignore[assignment]
    return [_gap(name, target, values) for (name, target), values in found.items()]


def _place(each: Summary) -> tuple[Any, ...]:
    """What an arm shares with its references: all but the intermediate phase and the language of training."""
    at = replace(each.at, limit_intermediate=None, train_lang=None)
    return repr(at), each.target, each.lang, each.metric, each.seeds


def _gap(name: str, target: str, values: dict[str, tuple[float, float, float]]) -> Gap:
    plain, arm, own = (fmean(each) for each in zip(*values.values(), strict=True))
    return Gap(
        name=name,
        target=target,
        langs=tuple(values),
        plain=plain,
        arm=arm,
        own=own,
        closed=(arm - plain) / (own - plain) if own != plain else None,
        ci95_gap=bootstrapped([[own - plain for plain, _, own in values.values()]], lambda drawn: drawn.mean(axis=1)),
        ci95_languages=bootstrapped([list(values.values())], _closed),
    )


def _closed(drawn: Any) -> Any:
    """The share that is closed per draw; ``drawn``: the three values of each language, [draws, n, 3]."""
    import numpy as np

    plain, arm, own = np.moveaxis(drawn.mean(axis=1), -1, 0)
    return np.divide(arm - plain, own - plain, out=np.full_like(own, np.nan), where=own != plain)


def grid(found: Sequence[Gap]) -> Grid:
    """A line for each gap."""
    title = "what is closed of the gap to training in the target language · 95% interval over languages"
    drafts = [Draft(f"{each.name} → {each.target}", dict(_entries(each))) for each in found]
    return drawn("gap", title, drafts, ["English", "this", "target language", "gap", "closed", "interval", "langs"])


def _entries(each: Gap) -> Iterator[tuple[str, Entry]]:
    yield "English", Entry(each.plain)
    yield "this", Entry(each.arm, each.arm - each.plain)
    yield "target language", Entry(each.own)
    yield "gap", Entry(text=signed(each.own - each.plain) + (f" {between(each.ci95_gap)}" if each.ci95_gap else ""))
    sure = each.closed is not None and (each.ci95_gap is None or each.ci95_gap[0] > 0 or each.ci95_gap[1] < 0)
    yield "closed", Entry(text=f"{each.closed:.0%}" if sure else "–")
    yield "interval", Entry(text=_percent(each.ci95_languages) if sure and each.ci95_languages else "–")
    yield "langs", Entry(text=str(len(each.langs)))


def _percent(interval: Interval) -> str:
    return f"[{', '.join(f'{end:.0%}' for end in interval)}]"
