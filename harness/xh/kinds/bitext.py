"""Sentence retrieval without training: the encoder's vectors are searched.

Two shapes of data: aligned pairs (columns source, target) for ``search = nearest``, and a table of both sides'
sentences (side, id, sentence, match) for ``search = mine``.
Source: XTREME third_party/evaluate_retrieval.py and utils_retrieve.py; what differs is said in ``xh.metrics.bucc``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xh.kinds.base import ExampleCount, Kind, Scores, bad_row, order, sampled, write_lines
from xh.kinds.vectors import mapped, progress
from xh.metrics import bucc
from xh.metrics.accuracy import accuracy, matches
from xh.metrics.lines import read_lines
from xh.retrieval import encode, mine, nearest
from xh.spec import MissingError, TaskSpec, UsageError
from xh.spec.examples import Columns, Examples

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob

OFFICIAL_LAYERS = {12: 8, 24: 14}
Lookup = Callable[[Sequence[str]], Any]
"""The vectors [n, d] of sentences."""


class Bitext(Kind):
    """Predictions are row numbers per sorted English sentence (nearest) or pairs of ids (mine)."""

    suffix = ".tsv"

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """Sentences without surrounding white space; known sides and unique ids in a table."""
        if not (_is_table(columns) or {"source", "target"} <= columns.keys()):
            todo = f"Check that these are the data of task {task.name!r} (xh show {task.name})."
            raise MissingError(
                f"{where} has neither the columns source, target nor side, id, sentence, match.", todo=todo
            )
        if _is_table(columns):
            _check_table(columns, where)
        texts = [name for name in ("source", "target", "sentence") if name in columns]
        return columns | {name: [_stripped(text, where, i) for i, text in enumerate(columns[name])] for name in texts}

    def limit(self, examples: Examples, rows: int) -> Examples:
        """Fewer pairs; of a table ``rows`` sentences per side, the matches of those that stay first."""
        return _fewer(examples, rows) if _is_table(examples.columns) else sampled(examples, rows)

    def size(self, examples: Examples) -> int:
        """What a limit takes a share of: pairs, or source sentences of a table."""
        return examples["side"].count("source") if _is_table(examples.columns) else len(examples)

    def count(self, examples: Examples) -> int:
        """English sentences, or gold pairs of a table."""
        return len(_gold(examples)) if _is_table(examples.columns) else len(examples)

    def texts(self, examples: Examples) -> list[str]:
        """The sentences in the other language than English."""
        if _is_table(examples.columns):
            return [text for _, text in _side(examples, "source")]
        return list(examples["source"])

    def predict(self, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Iterator[tuple[str, Any]]:
        """Search every language, with vectors from one layer of the encoder; each distinct sentence is encoded once."""
        from xh.model.precision import FORMATS, taken, working_device
        from xh.model.weights import load_body

        recipe = job.recipe
        body, tokenizer = load_body(job.start, job.locations.trust_remote_code, recipe.bidirectional)
        mining, layer = recipe.search == "mine", self.protocol(job)["layer"]
        parts = {lang: _parts(job, lang, rows, mining) for lang, rows in examples.items()}
        texts = list(dict.fromkeys(text for part in chain(*parts.values()) for text in _texts(part)))
        row = {text: number for number, text in enumerate(texts)}
        vectors = mapped((len(texts), body.config.hidden_size), job.folder)
        encode(
            body,
            texts,
            layer=layer,
            pooling=recipe.pooling,
            max_length=recipe.max_length,
            dtype=FORMATS[taken(recipe.precision, working_device())],
            tokenizer=tokenizer,
            out=vectors,
            progress=progress(job.log),
        )

        def of(sentences: Sequence[str]) -> Any:
            return vectors[[row[sentence] for sentence in sentences]]

        lookup = _centred(of) if recipe.centred else of
        for lang, found in parts.items():
            yield lang, _mined(found, lookup, recipe) if mining else _nearest(found[0], lookup, recipe)

    def protocol(self, job: "EvaluateJob") -> dict[str, Any]:
        """The layer that is read, the one that XTREME's scripts would read, pooling, length; how it is searched."""
        from transformers import AutoConfig

        config = AutoConfig.from_pretrained(job.start, trust_remote_code=job.locations.trust_remote_code)
        recipe, official = job.recipe, official_layer(config.num_hidden_layers)
        layer = official if recipe.layer is None else recipe.layer
        names = (
            *("pooling", "max_length", "index"),
            *(("centred",) if recipe.centred else ()),
            *(("margin", "k", "strategy", "threshold") if recipe.search == "mine" else ()),
        )
        return {"layer": layer, "official_layer": official} | {name: getattr(recipe, name) for name in names}

    def pairs(self, predictions: Any, examples: Examples, task: TaskSpec) -> tuple[list[Any], list[Any]]:
        """Predicted and gold row numbers, or predicted and gold pairs."""
        if _is_table(examples.columns):
            return predictions, sorted(_gold(examples))
        return predictions, gold_rows(examples)

    def score(self, predictions: Any, examples: Examples, task: TaskSpec) -> Scores:
        """Accuracy of nearest neighbours; F1, precision and recall of mined pairs."""
        if _is_table(examples.columns):
            return bucc.bucc_f1(set(predictions), _gold(examples))._asdict()
        return {"accuracy": accuracy(list(map(str, predictions)), list(map(str, gold_rows(examples))))}

    def example_counts(self, predictions: Any, examples: Examples, task: TaskSpec) -> dict[str, list[ExampleCount]]:
        """Which English sentences are right; of a table the pairs of each source sentence: right, and in all."""
        if not _is_table(examples.columns):
            return {"accuracy": [(right, 1) for right in matches(predictions, gold_rows(examples))]}
        found, gold = _by_source(predictions), _by_source(_gold(examples))
        keys = [key for key, _ in _side(examples, "source")]
        return {"f1": [(2 * len(found[key] & gold[key]), len(found[key]) + len(gold[key])) for key in keys]}

    def shown(self, predictions: Any, examples: Examples, task: TaskSpec, number: int) -> dict[str, str]:
        """A sentence and its translations: an English one, of a table a source sentence."""
        if not _is_table(examples.columns):
            rows, source = gold_rows(examples), examples["source"]
            answers = {"gold": source[rows[number]], "prediction": source[predictions[number]]}
            return {"sentence": examples["target"][rows[number]], **answers}
        key, text = _side(examples, "source")[number]
        texts = dict(_side(examples, "target"))
        sides = {"gold": _gold(examples), "prediction": predictions}
        matches = {name: sorted(_by_source(pairs).get(key, ())) for name, pairs in sides.items()}
        return {"sentence": text} | {name: " | ".join(texts[match] for match in keys) for name, keys in matches.items()}

    def majority_baseline(self, examples: Examples, task: TaskSpec) -> list[Any]:
        """The same row for every sentence, so one of all is right; no pairs of a table."""
        return [] if _is_table(examples.columns) else gold_rows(examples)[:1] * len(examples)

    def write(self, predictions: Any, path: Path) -> None:
        """One row number a line, or one pair of ids a line."""
        write_lines([line if isinstance(line, str) else _line(line) for line in predictions], path)

    def read(self, path: Path) -> Any:
        """Row numbers, or pairs of ids."""
        lines = read_lines(path.read_text(encoding="utf-8"))
        return [int(line) if line.isdecimal() else tuple(line.split("\t")) for line in lines]


def official_layer(layers: int) -> int:
    """The layer that XTREME's scripts read of mBERT (8 of 12) and XLM-R Large (14 of 24); else 0.6 of the depth."""
    return OFFICIAL_LAYERS.get(layers, round(0.6 * layers))


def english_order(examples: Examples) -> list[int]:
    """Rows by their English sentence, as XTREME's preprocessing sorts that side."""
    return sorted(range(len(examples)), key=examples["target"].__getitem__)


def gold_rows(examples: Examples) -> list[int]:
    """For each sorted English sentence the row of its source sentence."""
    return english_order(examples)


def _nearest(examples: Examples, of: Lookup, recipe: Any) -> list[int]:
    queries = [examples["target"][row] for row in english_order(examples)]
    return [int(row) for row in nearest(of(queries), of(examples["source"]), index=recipe.index)]


def _centred(of: Lookup) -> Lookup:
    """The vectors of one side's sentences, which are all of one language, less their mean."""

    def centred(sentences: Sequence[str]) -> Any:
        vectors = of(sentences)
        return vectors - vectors.mean(axis=0)

    return centred


def _mined(parts: list[Examples], of: Lookup, recipe: Any) -> list[bucc.Pair]:
    """Pairs of the test part above the threshold, which is tuned on the dev part unless the recipe has a number."""
    test, *dev = parts
    scores = _scores(test, of, recipe)
    threshold = bucc.best_threshold(_scores(dev[0], of, recipe), _gold(dev[0])) if dev else recipe.threshold
    return bucc.extract(scores, threshold)


def _scores(table: Examples, of: Lookup, recipe: Any) -> Any:
    sides = [_side(table, side) for side in ("source", "target")]
    left, right = (list(dict.fromkeys(text for _, text in rows)) for rows in sides)
    mined = mine(of(left), of(right), k=recipe.k, margin=recipe.margin, strategy=recipe.strategy, index=recipe.index)
    candidates = ((float(row["score"]), left[row["source"]], right[row["target"]]) for row in mined)
    return bucc.id_scores(candidates, *(bucc.unique_ids(rows) for rows in sides))


def _parts(job: "EvaluateJob", lang: str, rows: Examples, mining: bool) -> list[Examples]:
    recipe = job.recipe
    if mining != _is_table(rows.columns):
        shape = "a table of sentences" if _is_table(rows.columns) else "aligned pairs"
        raise UsageError(f"{job.task.name}: search = {recipe.search!r} does not fit the data, which are {shape}.")
    return [rows, job.load(job.task, "dev", lang)] if mining and recipe.threshold == "dev" else [rows]


def _texts(examples: Examples) -> list[str]:
    if _is_table(examples.columns):
        return examples["sentence"]
    return [*examples["source"], *examples["target"]]


def _is_table(columns: Mapping[str, Any]) -> bool:
    return {"side", "id", "sentence", "match"} <= columns.keys()


def _check_table(columns: Columns, where: str) -> None:
    seen: set[tuple[str, str]] = set()
    for number, key in enumerate(zip(columns["side"], columns["id"], strict=True)):
        if key[0] not in ("source", "target"):
            raise bad_row(where, number, f"side {key[0]!r} is neither source nor target.")
        if key in seen:
            raise bad_row(where, number, f"the id {key[1]!r} occurs twice.")
        seen.add(key)
    for number, wanted in enumerate(columns["match"]):
        for match in wanted:
            if ("target", match) not in seen:
                raise bad_row(where, number, f"its match {match!r} is not an id of the other side.")


def _stripped(text: Any, where: str, number: int) -> str:
    if not isinstance(text, str) or not text.strip():
        raise bad_row(where, number, "the sentence is empty.")
    return text.strip()


def _side(table: Examples, side: str) -> list[tuple[str, str]]:
    rows = zip(table["side"], table["id"], table["sentence"], strict=True)
    return [(key, text) for which, key, text in rows if which == side]


def _gold(table: Examples) -> set[bucc.Pair]:
    return {(key, match) for key, matches in zip(table["id"], table["match"], strict=True) for match in matches}


def _by_source(pairs: Iterable[bucc.Pair]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for source, target in pairs:
        found[source].add(target)
    return found


def _fewer(table: Examples, rows: int) -> Examples:
    """``rows`` source sentences, drawn with a fixed seed, and as many target ones: their matches, then others."""
    columns = table.columns
    shuffled = order(len(table))
    source = [i for i in shuffled if columns["side"][i] == "source"][:rows]
    wanted = {match for i in source for match in columns["match"][i]}
    targets = [i for i in shuffled if columns["side"][i] == "target"]
    target = sorted(targets, key=lambda i: columns["id"][i] not in wanted)[: max(rows, len(wanted))]
    kept = sorted([*source, *target])
    return table.chosen(kept)


def _line(prediction: Any) -> str:
    return "\t".join(prediction) if isinstance(prediction, tuple) else str(prediction)
