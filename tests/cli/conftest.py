"""Running ``xh`` in this process and in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest

from xh.cli.main import main
from xh.data.locate import identity
from xh.data.places import places, reading
from xh.plugins import registry
from xh.spec import Inputs, Purpose, Stage
from xh.stage.load import load_examples
from xh.store import Store

TASK, LANG = "xnli", "de"


class Answer(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def xh(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Call the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Answer:
        capsys.readouterr()
        code = main(words)
        return Answer(code, *capsys.readouterr())

    return call


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., Answer]:
    """Run the installed command in a process of its own, with plugins from ``tmp_path / "site"``."""

    def call(*words: str, **variables: str) -> Answer:
        env = os.environ | {"PYTHONPATH": str(tmp_path / "site")} | variables
        script = Path(sys.executable).with_name("xh")
        done = subprocess.run([script, *words], capture_output=True, text=True, env=env, cwd=tmp_path, timeout=600)
        return Answer(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def distribution(tmp_path: Path) -> Callable[[str, str], None]:
    """Install a made distribution with one plugin module where ``process`` finds it."""

    def install(name: str, code: str) -> None:
        module = name.replace("-", "_")
        info = tmp_path / "site" / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[xh]\n{module} = {module}\n")
        (tmp_path / "site" / f"{module}.py").write_text(code)

    return install


def rows(kind: str, count: int) -> list[dict[str, Any]]:
    if kind == "span":
        answers = {"text": ["Rome"], "answer_start": [13]}
        text = {"context": "Anna lives in Rome.", "question": "Where does Anna live?", "answers": answers}
        return [{"id": str(number), **text} for number in range(count)]
    return [{"source_sentence": f"eins {number}", "target_sentence": f"one {number}"} for number in range(count)]


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A folder laid out like the Hub with a little data of three tasks."""
    root = tmp_path / "data"
    for path, kind, count in (
        ("rajpurkar/squad/plain_text/train", "span", 20),
        ("rajpurkar/squad/plain_text/validation", "span", 5),
        ("google/xquad/xquad.de/validation", "span", 7),
        ("google/xquad/xquad.es/validation", "span", 7),
        ("google/xtreme/tatoeba.deu/validation", "bitext", 9),
    ):
        file = root / f"{path}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows(kind, count)))
    return str(root)


@pytest.fixture
def encoder(model: Path) -> str:
    """The name of an encoder."""
    return str(model)


@pytest.fixture
def planted(tmp_path):
    """A function that puts two arms on XNLI into the store ``runs``: all right, but for two and for three examples.

    Example 7 is lost, 3 and 4 are gained, 5 stays wrong. ``data``: as ``--data`` names it.
    """

    def put(data="sample"):
        locations = reading(places(data), registry(), offline=True)
        task, store = registry().task(TASK), Store.open(tmp_path / "runs")
        gold = [task.labels[label] for label in load_examples(registry(), locations, task, "test", LANG)["label"]]
        baseline = None
        for inter, wrong in (("none", (3, 4, 5)), ("squad", (5, 7))):
            found = ["neutral" if gold[i] != "neutral" else "entailment" for i in range(len(gold))]
            found = [found[i] if i in wrong else gold[i] for i in range(len(gold))]
            inputs = Inputs(
                phase="evaluate",
                encoder="sha256:1",
                tasks={"test": task},
                languages=(LANG,),
                data={f"{TASK}/test/{LANG}": identity(task, "test", LANG, locations)},
                recipe={"after": inter},
            )
            name = data if data == "sample" else "folder"
            before = {"inter": inter, "baseline": baseline, "target": TASK}
            purpose = Purpose(**before, encoder="mini", profile="mini", data=name)
            with store.work(stage := Stage(task=TASK, inputs=inputs, purpose=purpose)) as folder:
                right = np.array([[one == other, 1] for one, other in zip(found, gold, strict=True)], float)
                score = {"lang": LANG, "metric": "accuracy", "value": float(100 * right[:, 0].mean()), "n": len(gold)}
                (folder / "scores.json").write_bytes(msgspec.json.encode({"scores": [score]}))
                np.savez_compressed(folder / "examples.npz", **{f"{LANG}/accuracy": right})
                (folder / "predictions" / TASK).mkdir(parents=True)
                (folder / f"predictions/{TASK}/test-{LANG}.tsv").write_text("".join(f"{each}\n" for each in found))
                store.commit(stage, folder, {}, {}, 1.0)
            baseline = stage.id
        return store

    return put
