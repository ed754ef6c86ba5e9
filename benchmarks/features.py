"""Training windows for questions, 384 / 128, five questions a paragraph: ours, and `datasets.map` as in the QA example.

python benchmarks/features.py [--model FOLDER_OR_ID]
"""

import argparse
import logging
import random
from typing import Any

import datasets
from rounds import rounds, table
from transformers import AutoTokenizer

from xh.kinds.kind import Examples
from xh.kinds.span import Span
from xh.mini import ENCODER, SAMPLE
from xh.spec import SpanTraining

PARAGRAPHS = 200


def rows() -> dict[str, list[Any]]:
    """Paragraphs of some 130 words out of the sample's, each with five questions whose answer is one of its words."""
    import json

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
    """`prepare_train_features` of transformers' run_qa.py, in its own words, without padding."""

    def prepare(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        tokenized = tokenizer(
            batch["question"], batch["context"], truncation="only_second", max_length=384, stride=128,
            return_overflowing_tokens=True, return_offsets_mapping=True,
        )  # fmt: skip
        places, spans = [], tokenized.pop("offset_mapping")
        for i, sample in enumerate(tokenized.pop("overflow_to_sample_mapping")):
            answer, sides, offsets = batch["answers"][sample], tokenized.sequence_ids(i), spans[i]
            start = answer["answer_start"][0]
            end = start + len(answer["text"][0])
            first = sides.index(1)
            last = len(sides) - 1 - sides[::-1].index(1)
            if offsets[first][0] > start or offsets[last][1] < end:
                places.append((0, 0))
                continue
            while first <= last and offsets[first][0] <= start:
                first += 1
            while offsets[last][1] >= end:
                last -= 1
            places.append((first - 1, last + 1))
        tokenized["start_positions"], tokenized["end_positions"] = map(list, zip(*places, strict=True))
        return tokenized

    made = datasets.Dataset.from_dict(columns)
    return made.map(prepare, batched=True, remove_columns=made.column_names, load_from_cache_file=False)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=str(ENCODER))
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
