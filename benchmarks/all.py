"""Run every benchmark and put its rows into docs/performance.md.

python benchmarks/all.py [--model FOLDER_OR_ID] [--data DIR] [--rows N] [--rounds N]
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/performance.md"
BEGIN, END = "<!-- begin: make bench -->\n", "<!-- end: make bench -->\n"
HEAD = "| path | ours | peer | the peer's | ratio |\n| --- | --- | --- | --- | --- |\n"
FAILED = "| | | failed | |"
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


def rows(script: str, *arguments: str) -> str:
    """The table rows that a benchmark prints, shown as they come."""
    command = [sys.executable, str(HERE / script), *arguments]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | QUIET) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines += [line] if line.startswith("| ") else []
    return "".join(lines) + f"| {script} {FAILED}\n" * bool(process.returncode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="intfloat/multilingual-e5-small", help="an encoder of 12 layers")
    parser.add_argument("--data", default="sample", help="a mirror for the vectors and the whole cell")
    parser.add_argument("--rows", default="50", help="how many rows the whole cell trains on")
    parser.add_argument("--rounds", default="3", help="how many rounds of the whole cell")
    args = parser.parse_args()
    model = ("--model", args.model)
    data = ("--data", args.data)
    found = rows("startup.py") + rows("features.py", *model) + rows("mining.py") + rows("mining.py", "--wall")
    found += rows("vectors.py", *model, *data) + rows("training.py", *model)
    found += rows("cell.py", *model, *data, "--rows", args.rows, "--rounds", args.rounds)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(before + BEGIN + HEAD + found + END + rest.split(END)[1], encoding="utf-8")
    sys.exit("A benchmark failed; the table says which." if FAILED in found else 0)


if __name__ == "__main__":
    main()
