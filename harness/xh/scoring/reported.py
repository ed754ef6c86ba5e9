"""``xh report`` from Python: the results in a store."""

import warnings
from collections.abc import Sequence
from functools import partial
from os import PathLike, fspath

from xh.data.places import places
from xh.plugins.registry import registry
from xh.results.filters import Filter, named
from xh.results.records import Results
from xh.results.rows import collect
from xh.store import Store

Path = str | PathLike[str]


def report(
    *,
    inter: str | Sequence[str] = (),
    method: str | Sequence[str] = (),
    target: str | Sequence[str] = (),
    langs: str | Sequence[str] = (),
    model: str | Sequence[str] = (),
    seed: Sequence[int] = (),
    runs: Path = "runs",
    allow_unequal: bool = False,
    examples: int = 0,
    data: Path | None = None,
) -> Results:
    """``xh report`` from Python: the results in the store ``runs``, all of them or those chosen, with their baselines.

    Arguments are as the options. With ``examples``, so many gained and lost of each language are in ``changes``;
    their texts need the data, and a warning names those that are not there. Raises ``XhError`` where there is no
    store, and for a name that nothing in it answers to.
    """
    store = Store.existing(fspath(runs))
    names = {"inter": inter, "method": method, "target": target, "langs": langs, "model": model}
    lists = {name: (words,) if isinstance(words, str) else tuple(words) for name, words in names.items()}
    wanted = named(Filter(**lists, seed=tuple(seed)), registry())
    results = collect(store, unequal=allow_unequal, wanted=wanted)
    if not examples:
        return results
    from xh.scoring.changes import with_changes

    where = places("" if data is None else fspath(data))
    return with_changes(results, store, registry(), where, examples, partial(warnings.warn, stacklevel=3))
