"""The records of how similar tasks are, and of whether that predicts the gain."""

from msgspec import Struct

from xh.spec.cell import BASELINE, Coordinates


class Similarity(Struct, frozen=True, kw_only=True):
    """How similar an intermediate task and a target are by one ``measure`` (docs/similarity.md), beside the gain.

    ``lang``: the language of the test set that is compared, or None for the target as a whole. ``delta``: the gain over
    the baseline in points, of the target's average or in that language, where it is known. ``evaluation``: the first
    stage of which it is the gain; ``stages``: those that have the vectors. ``at``: where on the axes it is, with the
    encoder's name; ``encoder_identity``: its commit or hash.
    """

    measure: str
    inter: str
    method: str = BASELINE
    at: Coordinates = Coordinates()
    target: str
    lang: str | None
    encoder_identity: str
    seed: int | None
    value: float
    delta: float | None
    evaluation: str
    stages: tuple[str, ...]


class Correlation(Struct, frozen=True, kw_only=True):
    """Spearman's rank correlation of a measure and the gain, over pairs of an intermediate task and a target.

    All are ``at`` the same encoder, rows of the intermediate task and settings; both sides are means over seeds.
    ``ci95_pairs``: bootstrap over ``pairs``. ``p_tasks``: two-sided, by permutation of the tasks, over so many
    ``permutations``. All are None where there are too few pairs, or one side is the same for all. ``evaluations``:
    those whose gain it is over.
    """

    measure: str
    at: Coordinates
    encoder_identity: str
    pairs: int
    rho: float | None = None
    ci95_pairs: tuple[float, float] | None = None
    p_tasks: float | None = None
    permutations: int | None = None
    evaluations: tuple[str, ...]
