"""Ranking by a bi-encoder: a query's answers are found among all candidates by the cosine of their vectors.

Three shapes of data: pairs for training (query, candidate, maybe negatives), queries to be tested (id, query, match)
and the pool of candidates (id, candidate, match). A candidate answers a query if their ``match`` share an entry.
Source: Roy et al. 2020 (arXiv 2004.05484); XTREME scripts/train_lareqa.sh, third_party/evaluate_retrieval.py.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from xh.kinds.base import ExampleCount, Pairs, Scores, bad_row, merged, write_lines
from xh.kinds.supervised import Collator, Output, TrainedKind
from xh.kinds.vectors import progress
from xh.metrics.lareqa import K, average_precision, mean_average_precision
from xh.model.biencoder import BiEncoder
from xh.model.collate import collate
from xh.model.pooling import POOLINGS, special_ids
from xh.model.precision import FORMATS, taken, working_device
from xh.model.weights import load_finetuned
from xh.retrieval import encode, ranked
from xh.spec import MissingError, TaskSpec
from xh.spec.data import CANDIDATES
from xh.spec.examples import Columns, Examples, Features

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob

METRIC = f"map@{K}"
SHAPES = (("query", "candidate"), ("id", "query", "match"), ("id", "candidate", "match"))
RECALL = "recall.txt"
ROWS = 4096
"""Vectors that go through a pooler at a time."""


class RankFeatures(Features):
    """Each entry holds the inputs of a query, of its right candidate and of wrong ones, or of a text alone."""

    @property
    def lengths(self) -> list[int]:
        """Subword tokens of an entry's inputs."""
        return [sum(map(len, inputs)) for inputs in self.columns["input_ids"]]


class Rank(TrainedKind):
    """Predictions are the ids of the nearest candidates of each query, the best first."""

    by_length = False  # questions about one paragraph would meet in a batch, and have its sentences for wrong answers
    whole_batches = True

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """The columns of one of the three shapes, with texts that are not empty and no id twice."""
        shape = next((each for each in SHAPES if {*each} <= columns.keys()), None)
        if shape is None:
            todo = f"Check that these are the data of task {task.name!r} (xh show {task.name})."
            raise MissingError(f"{where} has none of the columns {'; '.join(map(', '.join, SHAPES))}.", todo=todo)
        for name in shape:
            for number, value in enumerate(columns[name]):
                if name != "match" and not (isinstance(value, str) and value.strip()):
                    raise bad_row(where, number, f"its {name} is {value!r}, not a text.")
        if "id" in shape and len(set(columns["id"])) < len(columns["id"]):
            raise MissingError(f"{where} has an id twice.", todo="Give every row an id of its own.")
        for number, texts in enumerate(columns.get("negatives", ())):
            if not (isinstance(texts, list) and all(isinstance(text, str) and text.strip() for text in texts)):
                raise bad_row(where, number, f"its negatives are {texts!r}, not a list of texts.")
        return {name: columns[name] for name in (*shape, "negatives") if name in columns}

    def build_model(self, body: Any, task: TaskSpec) -> BiEncoder:
        """The body, and what cosines are multiplied by."""
        return BiEncoder(body)

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """A query in ``max_query`` and candidates in ``max_length`` subword tokens; ``same`` numbers equal texts."""
        lengths = {"query": recipe.max_query, "candidate": recipe.max_length}
        sides = [name for name in lengths if name in examples.columns]
        read = (_read(tokenizer, examples[name], lengths[name]) for name in sides)
        inputs = [list(each) for each in zip(*read, strict=True)]
        if not (train and len(sides) > 1):
            return RankFeatures({"input_ids": inputs})
        negatives = examples.columns.get("negatives", [()] * len(inputs))
        pairs = zip(examples["candidate"], negatives, strict=True)
        texts = [[right, *wrong[: recipe.hard_negatives]] for right, wrong in pairs]
        wrong = iter(_read(tokenizer, [text for row in texts for text in row[1:]], recipe.max_length))
        inputs = [[*each, *islice(wrong, len(row) - 1)] for each, row in zip(inputs, texts, strict=True)]
        return RankFeatures({"input_ids": inputs, "same": _numbered(texts)})

    def collator(self, tokenizer: Any, recipe: Any, seed: int) -> Collator:
        """Pads queries and candidates apart, and says which candidates a query is compared with in the loss."""
        return partial(_batch, tokenizer, special_ids(tokenizer), recipe)

    def decode(
        self, outputs: list[Output], features: Features, examples: Examples, recipe: Any, task: TaskSpec
    ) -> list[list[str]]:
        """Of pairs: each query ranks the candidates of all pairs."""
        first = {text: row for row, text in reversed([*enumerate(examples["candidate"])])}
        texts = list(first)
        candidates = np.stack([outputs[row][1] for row in first.values()])
        return _named(ranked(np.stack([query for query, _ in outputs]), candidates, K)[1], texts)

    def gather(self, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Mapping[str, Examples]:
        """The queries, each with the ids of its right candidates as its ``match``."""
        pool, right = _pool(job), defaultdict[str, list[str]](list)
        for key, matches in zip(pool["id"], pool["match"], strict=True):
            for match in matches:
                right[match].append(key)
        return {lang: _answered(rows, right) for lang, rows in examples.items()}

    def predict(self, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Iterator[tuple[str, list[list[str]]]]:
        """Encode all candidates once, then search among them for each language's queries."""
        methods, trust = job.methods, job.locations.trust_remote_code
        build = partial(self.build_model, task=job.task)
        model, tokenizer = load_finetuned(job.start, self.head, build, trust, methods)
        pool, recipe = _pool(job), job.recipe
        fill = partial(_encode, job, model, tokenizer, pool["candidate"], recipe.max_length)
        settings = recipe.pooling, recipe.max_length, taken(recipe.precision, working_device())
        candidates = job.vectors(pool["candidate"], model.config.hidden_size, fill, *settings)
        parts = [_encode(job, model, tokenizer, rows["query"], recipe.max_query) for rows in examples.values()]
        job.log({"message": f"searching {len(pool):,} candidates for {sum(map(len, parts)):,} queries"})
        similarity, found, recall = ranked(np.concatenate(parts), candidates, K, index=recipe.index)
        runs = job.folder / "runs" / job.start.name
        runs.mkdir(parents=True)
        if recall is not None:
            (runs / RECALL).write_text(f"{recall}\n", encoding="utf-8")
        ends = np.cumsum([len(part) for part in parts])[:-1]
        by_language = zip(examples.items(), np.split(similarity, ends), np.split(found, ends), strict=True)
        for (lang, rows), cosines, places in by_language:
            names = _named(places, pool["id"])
            _write_run(rows["id"], names, cosines, runs / f"test-{lang}.trec")
            yield lang, names

    def protocol(self, job: "EvaluateJob") -> dict[str, Any]:
        """Pooling, lengths, how candidates are searched, how many there are and in which languages.

        Of an index also its ``recall``: which share of the nearest it finds, measured on a sample of the queries.
        """
        names = ("pooling", "max_query", "max_length", "index")
        langs = job.stage.inputs.languages_of(job.task.name, CANDIDATES)
        pool = {"candidates": len(_pool(job)), "candidate_languages": ",".join(langs)}
        measured = job.folder / "runs" / job.start.name / RECALL
        found = {"recall": float(measured.read_text(encoding="utf-8"))} if measured.is_file() else {}
        return {name: getattr(job.recipe, name) for name in names} | pool | found

    def pairs(self, predictions: Any, examples: Examples, task: TaskSpec) -> Pairs:
        """Ranked candidates beside the right ones."""
        if "candidate" in examples.columns and "query" in examples.columns:
            return predictions, [[text] for text in examples["candidate"]]
        return predictions, examples["match"]

    def score(self, predictions: Any, examples: Examples, task: TaskSpec) -> Scores:
        """Mean average precision among the first 20; where one candidate is right, its mean reciprocal rank."""
        found, right = self.pairs(predictions, examples, task)
        return {METRIC: mean_average_precision(zip(right, found, strict=True))}

    def example_counts(self, predictions: Any, examples: Examples, task: TaskSpec) -> dict[str, list[ExampleCount]]:
        """Each query's average precision."""
        found, right = self.pairs(predictions, examples, task)
        return {METRIC: [(average_precision(*pair, K), 1) for pair in zip(right, found, strict=True)]}


def _read(tokenizer: Any, texts: Sequence[str], length: int) -> list[list[int]]:
    found: list[list[int]] = tokenizer(texts, truncation=True, max_length=length)["input_ids"] if texts else []
    return found


def _numbered(rows: Sequence[Sequence[str]]) -> list[list[int]]:
    numbers: dict[str, int] = {}
    return [[numbers.setdefault(text, len(numbers)) for text in texts] for texts in rows]


def _batch(tokenizer: Any, special: torch.Tensor, recipe: Any, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    batch: dict[str, Any] = {}
    queries, right = zip(*(row["input_ids"][:2] for row in rows), strict=True)
    wrong = [inputs for row in rows for inputs in row["input_ids"][2:]]
    for side, inputs in {"query_": queries, "candidate_": (*right, *wrong)}.items():
        batch |= pooled_inputs(tokenizer, special, inputs, recipe.pooling, side)
    if "same" in rows[0]:
        batch["comparable"] = comparable([row["same"] for row in rows], recipe.group, recipe.mask_equal)
        batch |= {"scale": torch.tensor(1 / recipe.temperature)} if recipe.temperature else {}
    return batch


def pooled_inputs(
    tokenizer: Any, special: torch.Tensor, inputs: Sequence[list[int]], pooling: str, side: str
) -> dict[str, torch.Tensor]:
    """Texts as a :class:`BiEncoder` takes them, each name with ``side`` before it: token ids padded, and which of them
    are pooled, unless its pooler reads the first. ``special``: the ids of special tokens.
    """
    padded = collate(tokenizer, [{"input_ids": ids} for ids in inputs])
    if pooling != "pooler":
        padded["chosen"] = POOLINGS[pooling](padded["input_ids"], padded["attention_mask"], special)
    return {side + name: values for name, values in padded.items()}


def comparable(same: Sequence[Sequence[int]], group: int, mask_equal: bool) -> torch.Tensor:
    """Which candidates are held against which query [n, candidates]: those of its group of the batch.

    ``same`` has the numbers of each row's texts, the right one first. The candidates are the right ones of all rows,
    then the wrong ones of each. With ``mask_equal`` of those with the text of the right one only that itself counts.
    """
    count = len(same)
    wrong = [(row, text) for row, texts in enumerate(same) for text in texts[1:]]
    rows, text = torch.tensor([*((row, texts[0]) for row, texts in enumerate(same)), *wrong]).T
    groups = rows // (group or count)
    kept: torch.Tensor = groups[:count, None] == groups
    own = torch.eye(count, len(rows), dtype=torch.bool)
    return kept & ((text[:count, None] != text) | own) if mask_equal else kept


def _pool(job: "EvaluateJob") -> Examples:
    """The candidates of all languages that are there, in that order."""
    langs = job.stage.inputs.languages_of(job.task.name, CANDIDATES)
    return merged([job.load(job.task, CANDIDATES, lang) for lang in langs])


def _answered(queries: Examples, right: Mapping[str, Sequence[str]]) -> Examples:
    found = [list(dict.fromkeys(chain(*(right.get(key, ()) for key in keys)))) for keys in queries["match"]]
    if [] in found:
        raise bad_row(queries.where, found.index([]), "none of the candidates answers it.")
    return replace(queries, columns=queries.columns | {"match": found})


def _encode(
    job: "EvaluateJob", model: BiEncoder, tokenizer: Any, texts: Sequence[str], length: int, out: Any = None
) -> Any:
    """The vectors of texts, by the pooling of training."""
    pooling = job.recipe.pooling
    vectors = encode(
        model,
        texts,
        pooling="cls" if pooling == "pooler" else pooling,
        max_length=length,
        dtype=FORMATS[taken(job.recipe.precision, working_device())],
        tokenizer=tokenizer,
        out=out,
        progress=progress(job.log),
    )
    for start in range(0, len(vectors), ROWS) if pooling == "pooler" else ():
        with torch.inference_mode():
            part = torch.from_numpy(np.array(vectors[start : start + ROWS]))
            vectors[start : start + ROWS] = model.pooler(part).numpy()
    return vectors


def _named(found: Any, names: Sequence[str]) -> list[list[str]]:
    return [[names[place] for place in row] for row in found]


def _write_run(queries: Sequence[str], found: Sequence[Sequence[str]], similarity: Any, path: Path) -> None:
    """A run file as TREC's tools read it: query, Q0, candidate, rank, score, name of the run."""
    rows = zip(queries, found, similarity, strict=True)
    write_lines(
        [
            f"{query} Q0 {name} {rank} {score:.6f} xh"
            for query, names, scores in rows
            for rank, (name, score) in enumerate(zip(names, scores, strict=True), start=1)
        ],
        path,
    )
