"""Training windows for questions, 384 / 128, five questions a paragraph: ours, and `datasets.map` as in the QA example.

python benchmarks/features.py [--model FOLDER_OR_ID]
"""

import argparse
import json
import logging
import random
from typing import Any

import by_hand
import datasets
from rounds import rounds, table
from transformers import AutoTokenizer

from xh.kinds.span import Span
from xh.mini import SAMPLE
from xh.spec import SpanTraining
from xh.spec.examples import Examples

PARAGRAPHS = 200


def rows() -> dict[str, list[Any]]:
    """Paragraphs of some 130 words out of the sample's, each with five questions whose answer is one of its words."""
    random.seed(0)
    lines = (SAMPLE / "rajpurkar/squad/plain_text/train.jsonl").read_text(encoding="utf-8").splitlines()
    read = [json.loads(line) for line in lines]
    contexts = sorted({row["context"] for row in read if len(row["context"]) < 700})  # so that two fit one window
    questions = [row["question"] for row in read]
    columns: dict[str, list[Any]] = {"id": [], "question": [], "context": [], "answers": []}
    for number in range(PARAGRAPHS):
        context = f"{number}. " + " ".join(random.sample(contexts, 2))
        for _ in range(5):
            word = random.choice([word for word in context.split() if word.isalpha()])
            columns["answers"].append({"text": [word], "answer_start": [context.index(word)]})
            columns["id"].append(str(len(columns["id"])))
            columns["context"].append(context)
            columns["question"].append(random.choice(questions))
    return columns


def ours(columns: dict[str, list[Any]], tokenizer: Any) -> dict[str, list[Any]]:
    recipe = SpanTraining(max_length=384, stride=128)
    return Span().features(Examples(columns, "made rows"), tokenizer, recipe, train=True).columns


def example_script(columns: dict[str, list[Any]], tokenizer: Any) -> datasets.Dataset:
    return by_hand.mapped(datasets.Dataset.from_dict(columns), by_hand.train_features, tokenizer)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="intfloat/multilingual-e5-small")
    tokenizer = AutoTokenizer.from_pretrained(parser.parse_args().model)
    datasets.disable_progress_bars()
    logging.disable(logging.WARNING)
    columns = rows()
    found, expected = ours(columns, tokenizer), example_script(columns, tokenizer)
    for name in ("input_ids", "start_positions", "end_positions"):
        assert found[name] == list(expected[name]), f"{name} differ"
    work = {
        "ours": lambda: ours(columns, tokenizer),
        "`datasets.map`": lambda: example_script(columns, tokenizer),
    }
    size = len(found["input_ids"])
    table("QA windows, 384 / 128", rounds(work), size, "windows a CPU-s")


if __name__ == "__main__":
    main()
