"""The records of ``xh compare``: what it prints as JSON."""

from msgspec import Struct

from xh.results.change import Change, Stages
from xh.results.records import Interval


class Comparison(Struct, frozen=True, kw_only=True):
    """Two arms in one metric of a target: in one language, or without ``lang`` the mean over those before it.

    ``a``, ``b``: the scores in percent, means over ``seeds`` (none where nothing was trained). ``delta``: ``b`` less
    ``a`` in points, ``ci95_examples`` its paired bootstrap interval. Of ``n`` examples ``gained`` count more in ``b``,
    and ``lost`` less; of the others ``both_right`` count in full, and ``both_wrong`` do not. Each counts with its mean
    over seeds. ``p`` is that of the ``test`` (mcnemar, randomisation, bootstrap), ``p_holm`` corrected over all that
    are compared. ``stages``: of each seed that of ``a`` and that of ``b``. None is what the stages do not tell.
    """

    target: str
    lang: str | None
    metric: str
    main: bool
    seeds: tuple[int, ...]
    a: float | None
    b: float | None
    delta: float | None
    ci95_examples: Interval | None = None
    n: int
    gained: int | None = None
    lost: int | None = None
    both_right: int | None = None
    both_wrong: int | None = None
    test: str | None = None
    p: float | None = None
    p_holm: float | None = None
    stages: Stages


class Compared(Struct, frozen=True, kw_only=True):
    """What ``xh compare`` prints. ``family``: over what p-values are corrected; ``notes``: what else must be said."""

    a: str
    b: str
    context: str
    comparisons: tuple[Comparison, ...]
    family: str
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
