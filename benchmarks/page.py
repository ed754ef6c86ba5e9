"""A page of results with made-up numbers, 40 languages × 9 intermediate tasks × 9 targets × 3 seeds: seconds and size.

python benchmarks/page.py [--openings N] [--folder DIR]

The store is filled with stages as an engine leaves them, then ``xh report --format html`` is timed whole, and the page
is opened in Chromium (pip install xh[browser], apt-get install chromium): interactive is when its script has run and
its first frame is drawn, in seconds since it was asked for.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np

from xh.plugins.registry import registry
from xh.spec import Hub, Inputs, Purpose, Stage, TaskSpec
from xh.store import Store

LANGUAGES, TASKS, SEEDS, ROWS, STEPS = 40, 9, 3, 200, 60
FRAME = "new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"


def task(name: str, langs: tuple[str, ...]) -> TaskSpec:
    data = Hub(f"made-up/{name}", revision="0" * 40, splits={"train": "train", "dev": "dev", "test": "test"})
    roles = ("intermediate", "target")
    return TaskSpec(
        name=name, kind="classify", roles=roles, languages=langs, data=data, labels=("yes", "no"), metric="accuracy"
    )


class Filler:
    """Puts stages with random scores into a store."""

    def __init__(self, folder: Path) -> None:
        self.store, self.random = Store.open(folder), np.random.default_rng(0)
        self.langs = tuple(code for code, _ in registry().languages)[:LANGUAGES]

    def put(
        self, task: TaskSpec, inter: str, facts: dict[str, object], baseline: str | None = None, **inputs: object
    ) -> str:
        target = None if inputs["phase"] == "intermediate" else task.name
        names = {"encoder": "made-up", "profile": "paper", "data": "hub", "inter": inter}
        purpose = Purpose(**names, target=target, baseline=baseline)
        stage = Stage(task=task.name, inputs=Inputs(encoder="sha256:1", recipe={}, **inputs), purpose=purpose)
        with self.store.work(stage) as folder:
            if inputs["phase"] == "evaluate":
                folder.joinpath("scores.json").write_bytes(msgspec.json.encode(self.scores(folder, inter)))
            else:
                folder.joinpath("log.jsonl").write_text(self.log(), encoding="utf-8")
            self.store.commit(stage, folder, facts, {"torch": "2.13"}, 60.0)
        return stage.id

    def scores(self, folder: Path, inter: str) -> dict[str, object]:
        chances = 0.55 + 0.2 * self.random.random(LANGUAGES) + (0 if inter == "none" else self.random.normal(0, 0.04))
        right = self.random.random((ROWS, LANGUAGES)) < chances
        counts = {
            f"{lang}/accuracy": np.stack([right[:, at], np.ones(ROWS)], axis=1) for at, lang in enumerate(self.langs)
        }
        np.savez_compressed(folder / "examples.npz", **counts)
        found = [
            {"lang": lang, "metric": "accuracy", "value": 100 * float(right[:, at].mean()), "n": ROWS, "chance": 50.0}
            for at, lang in enumerate(self.langs)
        ]
        return {"scores": found, "protocol": {}}

    def log(self) -> str:
        steps = range(25, 25 * STEPS + 1, 25)
        lines = [{"step": at, "loss": 2 * 0.98 ** (at / 25) + self.random.normal(0, 0.02)} for at in steps]
        lines += [{"step": at, "dev": {"accuracy": 50 + self.random.random()}} for at in steps if not at % 250]
        return "".join(msgspec.json.encode(line).decode() + "\n" for line in lines)

    def fill(self) -> None:
        inters = [task(f"intermediate{number}", ("en",)) for number in range(1, TASKS + 1)]
        targets = [task(f"target{number}", self.langs) for number in range(1, TASKS + 1)]
        for seed in range(1, SEEDS + 1):
            baselines: dict[str, str] = {}
            for inter in (None, *inters):
                name = inter.name if inter else "none"
                first = self.train("intermediate", inter, name, seed) if inter else None
                for target in targets:
                    parent = self.train("target", target, name, seed, first)
                    data = {f"{target.name}/test/{lang}": "a" for lang in self.langs}
                    fields = {"tasks": {"test": target}, "languages": self.langs, "data": data, "parent": parent}
                    made = self.put(target, name, {}, baselines.get(target.name), phase="evaluate", **fields)
                    baselines.setdefault(target.name, made)

    def train(self, phase: str, task: TaskSpec, inter: str, seed: int, parent: str | None = None) -> str:
        data = {f"{task.name}/{split}/en": "a" for split in ("train", "dev")}
        fields = {"tasks": {"train": task, "dev": task}, "languages": ("en",), "data": data, "parent": parent}
        return self.put(task, inter, {"rows": {"train": 1000}}, phase=phase, seed=seed, **fields)


def opened(page: Path, openings: int) -> list[float]:
    from playwright.sync_api import sync_playwright

    sandbox = ["--no-sandbox"] * (os.geteuid() == 0)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=sandbox)
        found = []
        for _ in range(openings):
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            tab = context.new_page()
            tab.goto(page.as_uri())
            found.append(tab.evaluate(FRAME) / 1000)
            context.close()
        browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--openings", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the store and the page are kept")
    args = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        if not (folder / "runs").exists():
            Filler(folder / "runs").fill()
        page, began = folder / "page.html", time.monotonic()
        words = [sys.executable, "-m", "xh", "report", "--runs", folder / "runs", "--format", "html", "-o", page]
        subprocess.run(list(map(str, words)), check=True)
        print(f"built in {time.monotonic() - began:.1f} s, {page.stat().st_size / 1e6:.2f} MB", flush=True)
        print("interactive after", ", ".join(f"{each:.2f}" for each in opened(page, args.openings)), "s")


if __name__ == "__main__":
    main()
