"""A whole cell, SQuAD and then XQuAD, Tatoeba and BUCC: ours, and the same by hand (by_hand.py).

python benchmarks/cell.py [--model FOLDER_OR_ID] [--data DIR] [--rows N] [--rounds N]

``--rows``: training rows, and test rows of each language. Precision is each one's default: ours measures whether bf16
is faster, the Trainer takes fp32.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rounds import rounds, table

from xh.mini import ENCODER

HERE = Path(__file__).parent
LANGUAGES = ("de", "zh")
STEP = 240
"""Sub-tokens from window to window, as with run_qa.py's windows of 384 that share 128, beside a question of 13."""
PARTS = {"squad": ("squad", "train"), "xquad": ("xquad", "test"), "tatoeba": ("tatoeba", "test"),
         "bucc": ("bucc", "test"), "dev": ("bucc", "dev")}  # fmt: skip


def save(folder: Path, data: str, rows: int) -> None:
    """The rows that ours will take, as JSON Lines; what the data lack is left out, as ours does."""
    from xh.data.places import places, reading
    from xh.kinds.base import kind_of
    from xh.plugins.registry import registry
    from xh.spec import MissingError
    from xh.stage.load import load_examples

    known = registry()
    locations = reading(places(data), known)
    for name, (task, split) in PARTS.items():
        record = known.task(task)
        for lang in LANGUAGES if "target" in record.roles else ("en",):
            try:
                examples = kind_of(record).limit(load_examples(known, locations, record, split, lang), rows)
            except MissingError:
                continue
            path = folder / (f"{name}-{lang}.jsonl" if lang != "en" else f"{name}.jsonl")
            path.write_text("".join(f"{json.dumps(row)}\n" for row in examples.rows()), encoding="utf-8")


def ours(model: str, data: str, rows: int, layer: int) -> dict[str, float]:
    settings = [f"{task}.{value}" for task in ("squad", "xquad") for value in ("warmup=0.1", f"stride={STEP}")]
    settings += [f"{task}.layer={layer}" for task in ("tatoeba", "bucc")]
    with TemporaryDirectory() as runs:
        command = [
            str(Path(sys.executable).with_name("xh")), "run", "--inter", "squad", "--target", "xquad,tatoeba,bucc",
            "--no-baseline", "--profile", "xtreme2020", "--model", model, "--data", data, "--runs", runs, "--json",
            "--langs", ",".join(LANGUAGES), "--limit-train", str(rows), "--limit-eval", str(rows),
            *(word for setting in settings for word in ("--set", setting)),
        ]  # fmt: skip
        found = json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))
    return {f"{row['target']}-{row['lang']}": row["value"] for row in found["rows"] if row["main"]}


def by_hand(model: str, rows: Path, layer: int) -> dict[str, float]:
    command = [sys.executable, str(HERE / "by_hand.py"), model, str(rows), str(layer)]
    return json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL).splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=str(ENCODER))
    parser.add_argument("--data", default="sample")
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    from transformers import AutoConfig

    from xh.kinds.bitext import official_layer

    layer = official_layer(AutoConfig.from_pretrained(args.model).num_hidden_layers)
    scores = {}
    with TemporaryDirectory() as folder:
        save(Path(folder), args.data, args.rows)
        work = {
            "ours": lambda: scores.update(ours=ours(args.model, args.data, args.rows, layer)),
            "by hand, after the examples": lambda: scores.update(hand=by_hand(args.model, Path(folder), layer)),
        }
        costs = rounds(work, args.rounds)
    for name in scores["ours"]:
        print(f"{name}: {scores['ours'][name]:.1f} ours, {scores['hand'][name]:.1f} by hand")
    table(f"a whole cell, {args.rows:,} rows", costs)


if __name__ == "__main__":
    main()
