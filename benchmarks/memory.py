"""The forecast of each stage's memory against its measured peak, with an encoder of any size.

python benchmarks/memory.py [--model mini] [--data DIR] [--text DIR] [--steps N] [--only "NAME; NAME"] [--runs DIR]

Every stage is made by a worker of its own, and kept in a store below ``--runs`` if that is given: a training of so
many steps and a dev evaluation of 20 rows; ``peak_bytes`` of its record is the measure. The forecast takes all inputs
to be as long as the recipe allows, so let the data have such inputs (the sample's are short).
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from xh.data.encoder import find
from xh.plan.memory import here, outline_of, peak
from xh.plugins import registry
from xh.spec import Locations
from xh.store import Store

STAGES: dict[str, tuple[str, dict[str, str]]] = {
    "classify": ("mnli", {"batch_size": "16", "max_length": "64"}),
    "classify, 64 at once": ("mnli", {"batch_size": "64", "max_length": "64"}),
    "span": ("squad", {"batch_size": "8", "max_length": "256"}),
    "span of 384": ("squad", {"batch_size": "4", "max_length": "384"}),
    "span, fp32": ("squad", {"batch_size": "4", "max_length": "256", "precision": "fp32"}),
    "span, lora": ("squad", {"batch_size": "8", "max_length": "256", "adapter": "lora"}),
    "span, bf16 weights": ("squad", {"batch_size": "8", "max_length": "256", "weights": "bf16"}),
    "span, layers again": ("squad", {"batch_size": "8", "max_length": "256", "activation_checkpointing": "true"}),
    "span, lora, layers again": (
        "squad",
        {"batch_size": "8", "max_length": "256", "adapter": "lora", "activation_checkpointing": "true"},
    ),
    "tag": ("panx", {"batch_size": "32", "max_length": "32"}),
    "choice": ("hellaswag", {"batch_size": "4", "max_length": "128"}),
    "mlm": ("mlm", {"batch_size": "8", "max_length": "128", "lines": "8"}),
    "rank": ("nli_pairs", {"batch_size": "64", "max_length": "32", "max_query": "32"}),
    "bitext": ("", {}),
}
"""By name the task that is trained, and the settings of its recipe; no task: the untuned encoder is tested."""


def measured(name: str, model: str, data: str, text: str | None, steps: int, runs: Path) -> tuple[int, int]:
    """Forecast and peak of one stage, in bytes."""
    task, settings = STAGES[name]
    sets = [f"{task}.{key}={value}" for key, value in settings.items()]
    rows = steps * int(settings.get("batch_size", 1))
    inter = bool(task) and "intermediate" in registry().task(task).roles
    words = ["--inter", task if inter else "none", "--target", "tatoeba" if inter or not task else task]
    words += ["--langs", "de", "--model", model, "--device", "cpu", *["--no-baseline"] * inter]
    words += ["--data", data, *(["--data", f"mlm={text}"] if text and task == "mlm" else [])]
    words += ["--limit-train", str(rows), "--limit-eval", "20"]
    words += [word for each in [*sets, *([f"{task}.epochs=1"] if task else [])] for word in ("--set", each)]
    store = runs / Path(model).name / name.replace(", ", "-").replace(" ", "-")
    command = [str(Path(sys.executable).with_name("xh")), "run", *words, "--runs", str(store)]
    subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    record = next(each for each in Store(store).records() if each.stage.trains or not task)
    encoder = find(model, registry())
    outline = outline_of(encoder.place, Locations(store=""))
    assert outline
    return peak(record.stage, outline, here(gpu=False), record.facts.get("steps")), record.facts["peak_bytes"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="mini")
    parser.add_argument("--data", default="sample")
    parser.add_argument("--text", help="a folder of text, for mlm")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--only", default="; ".join(STAGES))
    parser.add_argument("--runs", type=Path)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        table(given, given.runs or Path(folder))


def table(given: argparse.Namespace, runs: Path) -> None:
    """A line for each stage as soon as it is measured."""
    print(f"{given.model}\n\n| stage | settings | forecast | measured | |\n| --- | --- | --- | --- | --- |", flush=True)
    for name in STAGES:
        if name in given.only.split("; "):
            forecast, taken = measured(name, given.model, given.data, given.text, given.steps, runs)
            settings = ", ".join(f"{key}={value}" for key, value in STAGES[name][1].items())
            difference = f"{forecast / taken - 1:+.0%}"
            print(
                f"| {name} | {settings} | {forecast / 1e9:.2f} GB | {taken / 1e9:.2f} GB | {difference} |", flush=True
            )


if __name__ == "__main__":
    main()
