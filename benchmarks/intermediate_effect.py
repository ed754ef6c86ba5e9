"""What an English intermediate task does to the embedded encoder on real data: the question of the paper, in small.

    python benchmarks/intermediate_effect.py --data DIR

SQuAD, MNLI, HellaSwag and none, each before six targets: the mean over the languages, then mean and standard deviation
over the seeds. Prints a Markdown table. Finished stages stay in `--runs`.
"""

import argparse
from pathlib import Path

import pyarrow.parquet as pq

import xh
from xh.results.numbers import MARK
from xh.results.records import Summary

INTER = ("none", "squad", "mnli", "hellaswag")
TARGETS = ("tatoeba", "xquad", "xnli", "pawsx", "udpos", "panx")
LANGUAGES = ("en", "de", "es", "ru", "tr", "zh")
RECIPES = {
    **{f"{task}.epochs": 2 for task in ("squad", "xquad")},
    **{f"{task}.learning_rate": 1e-4 for task in ("squad", "xquad")},
    **{f"{task}.epochs": 3 for task in ("mnli", "xnli", "pawsx", "udpos", "panx")},
    **{f"{task}.learning_rate": 3e-4 for task in ("mnli", "xnli", "pawsx", "udpos", "panx", "hellaswag")},
    "hellaswag.epochs": 1,  # four texts a row
}
PAWSX = Path("google-research-datasets", "paws-x")


def with_pawsx_train(data: Path, folder: Path) -> Path:
    """The data, or where they lack English PAWS-X to train on, links to them with 800 of its dev rows as train file."""
    if any((data / PAWSX / "en").glob("train-*")):
        return data
    for path in data.rglob("*.*"):
        link = folder / path.relative_to(data)
        if path.is_file() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.absolute())
    (dev,) = (data / PAWSX / "en").glob("validation-*")
    rows, link = pq.read_table(dev), folder / PAWSX / "en" / dev.name
    link.unlink()
    pq.write_table(rows.slice(0, 800), link.with_name("train-00000-of-00001.parquet"))
    pq.write_table(rows.slice(800), link)
    return folder


def cell(found: Summary) -> str:
    """``41.2≈ ± 0.3 (+1.5)``: mean (≈: at chance) and deviation over the seeds, mean difference to the baseline."""
    spread = "" if found.sd_seeds is None else f" ± {found.sd_seeds:.1f}"
    mark = MARK if found.at_chance else ""
    return f"{found.mean:.1f}{mark}{spread}" + ("" if found.delta is None else f" ({found.delta:+.1f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder in the Hub's layout")
    parser.add_argument("--rows", type=int, default=800, help="English rows to train on")
    parser.add_argument("--test-rows", type=int, default=300, help="rows of each language to test on")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--runs", default="runs/intermediate-effect", help="the store")
    args = parser.parse_args()
    results = xh.run(
        inter=INTER[1:],
        target=TARGETS,
        profile="mini",
        data=str(with_pawsx_train(args.data, Path(args.runs) / "data")),
        langs=LANGUAGES,
        seeds=[int(seed) for seed in args.seeds.split(",")],
        limit_train=args.rows,
        limit_eval=args.test_rows,
        overrides=RECIPES,
        runs=args.runs,
    )
    scores = {(each.target, each.inter): cell(each) for each in results.summaries if not (each.lang or each.metric)}
    print("| target |", " | ".join(INTER), "|\n" + "|---" * (len(INTER) + 1) + "|")
    for target in TARGETS:
        print(f"| {target} |", " | ".join(scores[target, name] for name in INTER), "|")


if __name__ == "__main__":
    main()
