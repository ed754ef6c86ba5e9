"""The cell of cell.py by hand, after transformers' run_qa.py and sentence-transformers' bitext mining example.

python benchmarks/by_hand.py MODEL ROWS LAYER      ROWS: the folder of JSON Lines that cell.py writes

One process does all of it, which spares it what starting a script for each phase costs. Windows are padded by batch
(run_qa.py as shipped pads each to 384).
"""

import json
import logging
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import datasets
import faiss
import numpy as np

Neighbours = tuple[np.ndarray, np.ndarray]
Pairs = dict[tuple[int, int], float]


def windows(batch: dict[str, list[Any]], tokenizer: Any) -> Any:
    """Overflowing windows that overlap by 128 tokens, with ``offset_mapping`` and ``overflow_to_sample_mapping``."""
    return tokenizer(
        [question.lstrip() for question in batch["question"]], batch["context"], truncation="only_second",
        max_length=384, stride=128, return_overflowing_tokens=True, return_offsets_mapping=True,
    )  # fmt: skip


def train_features(batch: dict[str, list[Any]], tokenizer: Any) -> Any:
    """Windows with the answer's first and last token, or the first token twice."""
    made = windows(batch, tokenizer)
    places, spans = [], made.pop("offset_mapping")
    for i, sample in enumerate(made.pop("overflow_to_sample_mapping")):
        answer, sides, offsets = batch["answers"][sample], made.sequence_ids(i), spans[i]
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
    made["start_positions"], made["end_positions"] = map(list, zip(*places, strict=True))
    return made


def test_features(batch: dict[str, list[Any]], tokenizer: Any) -> Any:
    """Windows with the offsets of context tokens and the row each is from."""
    made = windows(batch, tokenizer)
    made["row"] = [batch["row"][sample] for sample in made.pop("overflow_to_sample_mapping")]
    for i, offsets in enumerate(made["offset_mapping"]):
        sides = made.sequence_ids(i)
        made["offset_mapping"][i] = [place if side == 1 else None for place, side in zip(offsets, sides, strict=True)]
    return made


def mapped(rows: datasets.Dataset, function: Any, tokenizer: Any) -> datasets.Dataset:
    return rows.map(
        partial(function, tokenizer=tokenizer), batched=True, remove_columns=rows.column_names,
        load_from_cache_file=False,
    )  # fmt: skip


def answers(rows: datasets.Dataset, features: datasets.Dataset, logits: Any) -> dict[str, str]:
    """The text of each question's best pair among the 20 highest starts and ends, of at most 30 tokens."""
    best: dict[int, tuple[float, int, int]] = {}
    for feature, starts, ends in zip(features, *logits, strict=True):
        offsets, row = feature["offset_mapping"], feature["row"]
        for first in np.argsort(starts)[:-21:-1]:
            for last in np.argsort(ends)[:-21:-1]:
                inside = max(first, last) < len(offsets) and offsets[first] and offsets[last]
                score = float(starts[first] + ends[last])
                if inside and first <= last < first + 30 and score > best.get(row, (-np.inf,))[0]:
                    best[row] = (score, offsets[first][0], offsets[last][1])
    return {
        row["id"]: row["context"][best[i][1] : best[i][2]] if i in best else "" for i, row in enumerate(rows)
    }  # fmt: skip


def qa_trainer(start: str, folder: Path, train: datasets.Dataset | None = None) -> Any:
    from transformers import (
        AutoModelForQuestionAnswering,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    tokenizer = AutoTokenizer.from_pretrained(start)
    options = TrainingArguments(
        output_dir=str(folder), per_device_train_batch_size=16, num_train_epochs=2, learning_rate=3e-5,
        warmup_steps=0.1, save_strategy="no", report_to="none", use_cpu=True, disable_tqdm=True, seed=1,
    )  # fmt: skip
    return Trainer(
        AutoModelForQuestionAnswering.from_pretrained(start), options, processing_class=tokenizer,
        data_collator=DataCollatorWithPadding(tokenizer),
        train_dataset=mapped(train, train_features, tokenizer) if train else None,
    )  # fmt: skip


def fine_tuned(start: str, folder: Path, train: datasets.Dataset) -> Any:
    trainer = qa_trainer(start, folder, train)
    trainer.train()
    trainer.save_model(str(folder))
    return trainer


def xquad(trainer: Any, rows: datasets.Dataset) -> float:
    from xh.metrics import squad

    rows = rows.add_column("row", list(range(len(rows))))
    features = mapped(rows, test_features, trainer.processing_class)
    logits = trainer.predict(features.remove_columns(["offset_mapping", "row"])).predictions
    golds = {row["id"]: row["answers"]["text"] for row in rows}
    return squad.evaluate(answers(rows, features, logits), golds).f1


def encoder(folder: str, layer: int | None, **options: Any) -> Any:
    """sentence-transformers over the whole encoder, or over its first layers."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    transformer = Transformer(folder, model_kwargs=options)
    if layer:
        transformer.auto_model.encoder.layer = transformer.auto_model.encoder.layer[:layer]
    return SentenceTransformer(modules=[transformer, Pooling(transformer.get_embedding_dimension())], device="cpu")


def tatoeba(model: Any, rows: datasets.Dataset) -> float:
    from sentence_transformers import util

    source, target = (model.encode(list(rows[side])) for side in ("source", "target"))
    found = util.cos_sim(target, source).argmax(dim=1).numpy()
    return 100 * float((found == np.arange(len(rows))).mean())


def bucc(model: Any, dev: datasets.Dataset, test: datasets.Dataset) -> float:
    """F1 of the test pairs above the margin that is best on the dev part."""
    (scored, wanted), (dev_scored, dev_wanted) = (mined(model, rows) for rows in (test, dev))
    ranked = sorted(dev_scored, key=dev_scored.get, reverse=True)
    right = np.cumsum([pair in dev_wanted for pair in ranked])
    threshold = dev_scored[ranked[int(np.argmax(2 * right / (np.arange(1, len(ranked) + 1) + len(dev_wanted))))]]
    found = {pair for pair, score in scored.items() if score >= threshold}
    return 100 * 2 * len(found & wanted) / (len(found) + len(wanted))


def mined(model: Any, rows: datasets.Dataset) -> tuple[dict[tuple[str, str], float], set[tuple[str, str]]]:
    """The mined pairs of ids with their margins, and the gold ones."""
    sides = [[row for row in rows if row["side"] == side] for side in ("source", "target")]
    x, y = (unit(model.encode([row["sentence"] for row in side])) for side in sides)
    ids = [[row["id"] for row in side] for side in sides]
    found = {(ids[0][i], ids[1][j]): score for (i, j), score in margins(x, y, *both_ways(x, y)).items()}
    return found, {(row["id"], match) for row in sides[0] for match in row["match"]}


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def both_ways(x: np.ndarray, y: np.ndarray) -> tuple[Neighbours, Neighbours]:
    """Two searches by FAISS, each for the four nearest."""
    ahead, back = (faiss.knn(a, b, 4, metric=faiss.METRIC_INNER_PRODUCT) for a, b in ((x, y), (y, x)))
    return ahead, back


def margins(x: np.ndarray, y: np.ndarray, ahead: Neighbours, back: Neighbours) -> Pairs:
    """Every candidate's score by itself, then the best of both directions, each side once (XTREME's mine_bitext)."""
    means = [similarity.mean(axis=1) for similarity, _ in (ahead, back)]
    found = []
    for rows, others, (_, index), own, other in ((x, y, ahead, *means), (y, x, back, *reversed(means))):
        scores = np.zeros(index.shape)
        for i in range(len(index)):
            for j, place in enumerate(index[i]):
                scores[i, j] = rows[i].dot(others[place]) / ((own[i] + other[place]) / 2)
        found.append((scores.max(axis=1), index[np.arange(len(index)), scores.argmax(axis=1)]))
    (forward, to_target), (backward, to_source) = found
    indices = np.stack([np.r_[np.arange(len(x)), to_source], np.r_[to_target, np.arange(len(y))]], axis=1)
    scores, seen, kept = np.concatenate([forward, backward]), (set(), set()), {}
    for i in np.argsort(-scores):
        source, target = map(int, indices[i])
        if source not in seen[0] and target not in seen[1]:
            kept[source, target] = float(scores[i])
            seen[0].add(source)
            seen[1].add(target)
    return kept


def main() -> None:
    start, rows, layer = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    logging.disable(logging.WARNING)
    datasets.disable_progress_bars()

    def read(name: str) -> datasets.Dataset:
        return datasets.load_dataset("json", data_files=str(rows / f"{name}.jsonl"), split="train")

    scores = {}
    with TemporaryDirectory() as folder:
        inter, target = Path(folder) / "inter", Path(folder) / "target"
        fine_tuned(start, inter, read("squad"))
        trainer = fine_tuned(str(inter), target, read("squad"))
        for path in sorted(rows.glob("xquad-*.jsonl")):
            scores[path.stem] = xquad(trainer, read(path.stem))
        model = encoder(str(inter), layer)
        for path in sorted(rows.glob("tatoeba-*.jsonl")):
            scores[path.stem] = tatoeba(model, read(path.stem))
        for path in sorted(rows.glob("bucc-*.jsonl")):
            scores[path.stem] = bucc(model, read(path.stem.replace("bucc", "dev")), read(path.stem))
    print(json.dumps(scores))


if __name__ == "__main__":
    main()
