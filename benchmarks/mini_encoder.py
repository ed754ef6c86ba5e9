"""What the embedded encoder's pretraining is worth: `mini` beside the same architecture with random weights.

    python benchmarks/mini_encoder.py --data DIR

No intermediate task. Tatoeba: accuracy in the best layer of each, mean of de es fr ru zh; UDPOS and PAN-X: F1 after
training on English rows, mean of de es ru tr zh. Finished stages stay in `--runs`, so a second call is fast.
"""

import argparse
import shutil
from collections.abc import Iterable
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

import xh
from xh.mini import ENCODER

RETRIEVED = ("de", "es", "fr", "ru", "zh")
TAGGED = ("de", "es", "ru", "tr", "zh")
LAYERS = range(7)


def random_encoder(folder: Path) -> Path:
    """The embedded encoder's configuration and tokenizer with random weights (seed 1)."""
    import torch
    from transformers import AutoConfig, AutoModelForMaskedLM

    if not (folder / "model.safetensors").exists():
        torch.manual_seed(1)
        AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(ENCODER)).save_pretrained(folder)
        for file in ENCODER.glob("tokenizer*"):
            shutil.copy(file, folder)
    return folder


def score(model: str, target: str, languages: Iterable[str], args: argparse.Namespace, **overrides: float) -> float:
    """Mean of the target's main metric over the languages, in percent."""
    results = xh.run(
        target=[target],
        langs=list(languages),
        model=model,
        profile="mini",
        data=args.data,
        limit_train=args.rows,
        overrides={f"{target}.{key}": value for key, value in overrides.items()},
        runs=args.runs,
    )
    return mean(row.value for row in results.rows if row.main)


def best(model: str, target: str, args: argparse.Namespace) -> float:
    """The target's mean score; for retrieval that of the best layer."""
    if target == "tatoeba":
        return max(score(model, target, RETRIEVED, args, layer=layer) for layer in LAYERS)
    return score(model, target, TAGGED, args, epochs=4, learning_rate=3e-4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="folder in the Hub's layout, or hub")
    parser.add_argument("--rows", type=int, default=8000, help="English rows to train on")
    parser.add_argument("--runs", default="runs/mini-encoder", help="the store")
    args = parser.parse_args()
    models = {"random": str(random_encoder(Path(args.runs) / "random")), "mini": "mini"}
    table = Table("", *models, "difference")
    for target in ("tatoeba", "udpos", "panx"):
        found = {name: best(path, target, args) for name, path in models.items()}
        table.add_row(target, *(f"{value:.1f}" for value in found.values()), f"{found['mini'] - found['random']:+.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
