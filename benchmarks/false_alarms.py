"""How often tables mark a difference where there is none, and how often they find one that is there.

    OPENBLAS_NUM_THREADS=1 python benchmarks/false_alarms.py [--tables N] [--planted N] [--examples N]

A table has one target in 15 languages after each of nine intermediate tasks, and its averages: 144 differences. It is
made as any: from a store with what each example adds, by `collect` and `blocks`. Examples are as hard in all languages;
what a model gets right of them is random, and in the languages of one model alike, as for translations. In the planted
tables the first intermediate task makes 5 points more right in every language.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

import msgspec
import numpy as np
from scipy.stats import norm

from xh.results.blocks import blocks
from xh.results.grids import Entry
from xh.results.rows import collect
from xh.spec import Hub, Inputs, Purpose, Stage, TaskSpec
from xh.store import Store
from xh.store import folders as code

LANGUAGES = ("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")
INTERS = ("none", *(f"task{number}" for number in range(1, 10)))
GAIN = 0.05
ALIKE = 0.5
"""Of what is random in a model's answers, the share of variance that all its languages have in common."""

DATA = Hub("o/t", revision="0" * 40, splits={"train": "train", "test": "test"})
TASK = TaskSpec(
    name="t", kind="classify", roles=("target",), languages=LANGUAGES, data=DATA, labels=("a", "b"), metric="accuracy"
)


def answers(random: np.random.Generator, hardness: np.ndarray, gain: float) -> np.ndarray:
    """What one model gets right, [languages, examples] of 0 and 1: as much more as ``gain`` says."""
    shape = (len(LANGUAGES), len(hardness))
    luck = sqrt(ALIKE) * random.normal(size=shape[1]) + sqrt(1 - ALIKE) * random.normal(size=shape)
    return (norm.cdf(luck) < np.minimum(1, hardness + gain * (1 - hardness) / np.mean(1 - hardness))).astype(float)


def put(store: Store, inter: str, baseline: str | None, right: np.ndarray) -> str:
    """One evaluation in the store; returns what names it for those that are compared with it."""
    data = {f"{TASK.name}/test/{lang}": "1" for lang in LANGUAGES}
    inputs = Inputs(
        phase="evaluate", encoder="1", tasks={"test": TASK}, languages=LANGUAGES, data=data, recipe={"after": inter}
    )
    purpose = Purpose(inter=inter, target=TASK.name, encoder="e", profile="p", data="hub", baseline=baseline)
    stage = Stage(task=TASK.name, inputs=inputs, purpose=purpose)
    means = dict(zip(LANGUAGES, 100 * right.mean(axis=1), strict=True))
    scores = [
        {"lang": lang, "metric": "accuracy", "value": float(each), "n": right.shape[1]} for lang, each in means.items()
    ]
    with store.work(stage) as folder:
        (folder / "scores.json").write_bytes(msgspec.json.encode({"scores": scores}))
        counts = np.stack([right, np.ones_like(right)], axis=-1)
        np.savez(folder / "examples.npz", **{f"{lang}/accuracy": counts[i] for i, lang in enumerate(LANGUAGES)})
        store.commit(stage, folder, {}, {}, 1.0)
    return stage.evaluation


def table(seed: int, examples: int, gain: float) -> Iterator[tuple[str, list[Entry]]]:
    """The lines of a table, without the baseline's column; ``gain``: that of the first intermediate task."""
    random = np.random.default_rng(seed)
    hardness = random.beta(3, 2, size=examples)
    root = Path(tempfile.mkdtemp(prefix="xh-alarms-"))
    try:
        store, baseline = Store.open(root), None
        for number, inter in enumerate(INTERS):
            named = put(store, inter, baseline, answers(random, hardness, gain * (number == 1)))
            baseline = baseline or named
        (block,) = blocks(collect(store))
        yield from ((line.name, list(line.entries[1:])) for line in block.grids[0].lines)
    finally:
        shutil.rmtree(root)


def share(found: list[bool]) -> str:
    """A share of cases in percent, with its standard error."""
    mean = sum(found) / len(found)
    return f"{100 * mean:.1f} ± {100 * sqrt(mean * (1 - mean) / len(found)):.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tables", type=int, default=1000, help="how many tables in which nothing differs")
    parser.add_argument("--planted", type=int, default=100, help="how many with a task that gains 5 points")
    parser.add_argument("--examples", type=int, default=1000, help="of each language")
    args = parser.parse_args()
    code.flush = lambda path: None  # nothing here has to outlive a power cut
    marked = []
    for seed in range(args.tables):
        entries = [entry for _, line in table(seed, args.examples, 0) for entry in line]
        marked.append(any(entry.is_significant for entry in entries))
    found = [dict(table(seed, args.examples, GAIN)) for seed in range(args.planted)]
    averages = [each["average"][0].is_significant for each in found]
    single = [line[0].is_significant for each in found for name, line in each.items() if name != "average"]
    print("| tables | examples a language | what is marked | share |\n| --- | --- | --- | --- |")
    print(f"| {args.tables:,} where nothing differs | {args.examples:,} | any of 144 differences | {share(marked)} |")
    print(f"| {args.planted:,} with a task that gains 5 points | {args.examples:,} | its average | {share(averages)} |")
    print(f"| the same | {args.examples:,} | it in one language | {share(single)} |")


if __name__ == "__main__":
    main()
