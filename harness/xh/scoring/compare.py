"""``xh compare`` from Python: two arms of a store, with the examples that changed."""

from collections.abc import Sequence
from os import PathLike, fspath

from xh.data.places import places
from xh.plugins.registry import registry
from xh.results import compare as numbers
from xh.results.comparison import Compared
from xh.results.filters import Filter
from xh.store import Store

Path = str | PathLike[str]


def compare(
    a: str,
    b: str,
    *,
    target: str | Sequence[str] = (),
    langs: str | Sequence[str] = (),
    model: str | Sequence[str] = (),
    seed: Sequence[int] = (),
    runs: Path = "runs",
    data: Path | None = None,
    n: int = 5,
) -> Compared:
    """``xh compare`` from Python: how ``b`` differs from ``a``, by target and language, and which examples changed.

    An arm is a column of a table (``"none"``, ``"squad"``), ``"AXIS=VALUE"``, or the beginning of an evaluation's stage
    id. The other arguments are as the options; ``n`` of each target's worst and best changes come with their texts,
    which need the data. Raises ``XhError`` for arms that are not there or are not evaluated on the same data.
    """
    store = Store.existing(fspath(runs))
    wanted = Filter(target=_names(target), langs=_names(langs), model=_names(model), seed=tuple(seed))
    compared = numbers.compare(store, a, b, wanted, n)
    if not compared.changes:
        return compared
    from xh.scoring.changes import with_examples

    return with_examples(compared, store, registry(), places("" if data is None else fspath(data)))


def _names(words: str | Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)
