"""A store with two arms on XNLI, of which is known what became of each example."""

import msgspec
import numpy as np

from xh.data.locate import identity
from xh.data.places import places, reading
from xh.plugins import registry
from xh.spec import Inputs, Purpose, Stage
from xh.stage.load import load_examples
from xh.store import Store

TASK, LANG = "xnli", "de"


def put_two_arms(folder, data="sample"):
    """Put two arms on XNLI into the store ``runs`` below a folder: all right, but for two and for three examples.

    Example 7 is lost, 3 and 4 are gained, 5 stays wrong. ``data``: as ``--data`` names it.
    """
    locations = reading(places(data), registry(), offline=True)
    task, store = registry().task(TASK), Store.open(folder / "runs")
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
