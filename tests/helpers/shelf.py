"""A store filled by hand: stages with scores, as the engine would have left them."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from xh.results.rows import Results, collect
from xh.spec import Hub, Inputs, Purpose, Stage, TaskSpec
from xh.store import Store

Values = Mapping[str, float | Mapping[str, float]]


def make_task(name: str, kind: str = "classify", **fields: Any) -> TaskSpec:
    defaults: dict[str, Any] = {
        "roles": ("intermediate", "target"),
        "languages": ("de", "fr"),
        "data": Hub(f"org/{name}", revision="0" * 40, splits={"train": "train", "dev": "dev", "test": "test"}),
        "metric": {"classify": "accuracy", "span": "f1", "bitext": "f1"}[kind],
        "labels": ("yes", "no") if kind == "classify" else (),
    }
    return TaskSpec(name=name, kind=kind, **(defaults | fields))


class Shelf:
    """Puts stages into a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def stage(self, inputs: dict[str, Any], label: dict[str, Any], task: str) -> Stage:
        names = {"encoder": "mini", "profile": "mini", "data": "hub", "baseline": None} | label
        fixed = {"encoder": "sha256:1", "languages": ("en",), "data": {}, "recipe": {}}
        return Stage(task=task, inputs=Inputs(**(fixed | inputs)), purpose=Purpose(**names))

    def put(
        self,
        stage: Stage,
        scores: Any = None,
        facts: dict[str, Any] | None = None,
        example_counts: Any = None,
        log: str | None = None,
    ) -> str:
        with self.store.work(stage) as folder:
            if log is not None:
                (folder / "log.jsonl").write_text(log, encoding="utf-8")
            if scores is not None:
                (folder / "scores.json").write_bytes(msgspec.json.encode(scores))
            if example_counts:
                np.savez_compressed(folder / "examples.npz", **example_counts)
            self.store.commit(stage, folder, facts or {}, {"torch": "2.13"}, 1.5)
        return stage.id

    def train(self, phase: str, task: TaskSpec, *, inter: str = "none", rows: int | None = None, **inputs: Any) -> str:
        data = {f"{task.name}/train/en": "a", f"{task.name}/dev/en": "b"}
        names = {"inter": inter, "target": None if phase == "intermediate" else task.name}
        fields = {"phase": phase, "tasks": {"train": task, "dev": task}, "seed": 1, "data": data} | inputs
        label, log, facts = names | fields.pop("label", {}), fields.pop("log", None), fields.pop("facts", {})
        facts |= {"rows": {"train": rows}} if rows else {}
        return self.put(self.stage(fields, label, task.name), facts=facts, log=log)

    def evaluate(
        self,
        task: TaskSpec,
        values: Values,
        *,
        inter: str = "none",
        protocol: dict[str, Any] | None = None,
        n: int = 100,
        chance: Mapping[str, float] | None = None,
        example_counts: Mapping[str, Any] | None = None,
        **inputs: Any,
    ) -> str:
        label = {"inter": inter, "target": task.name} | inputs.pop("label", {})
        data = {f"{task.name}/test/{lang}": f"rev-{lang}" for lang in values}
        fields = {"phase": "evaluate", "tasks": {"test": task}, "languages": tuple(values), "data": data} | inputs
        scores = [
            {"lang": lang, "metric": metric, "value": value, "n": n, "main": metric == task.metric}
            | {"chance": (chance or {}).get(lang)}
            for lang, found in values.items()
            for metric, value in (found if isinstance(found, Mapping) else {task.metric: found}).items()
        ]
        files = {"scores": scores, "protocol": protocol or {}}
        return self.put(self.stage(fields, label, task.name), files, example_counts=example_counts)


def compare_tallies(shelf: Shelf, before: Any, after: Any, seeds: tuple[int, ...] = (1,)) -> Results:
    """A baseline with half of its answers right, and one right answer in a hundred more, with these tallies."""
    for seed in seeds:
        source = shelf.train("target", make_task("t"), seed=seed)
        baseline = shelf.evaluate(make_task("t"), {"de": 50.0}, parent=source, example_counts=before)
        inter = shelf.train("intermediate", make_task("i"), inter="i", seed=seed)
        parent = shelf.train("target", make_task("t"), inter="i", seed=seed, parent=inter)
        shelf.evaluate(
            make_task("t"), {"de": 51.0}, inter="i", parent=parent, example_counts=after, label={"baseline": baseline}
        )
    return collect(shelf.store)
