"""Extractive question answering: the answer is a span of the context."""

import json
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING, Any

import numpy as np

from xh.kinds.base import ExampleCount, Scores, bad_row, check_texts
from xh.kinds.supervised import TrainedKind
from xh.kinds.windows import Frame, Spans, Window, best_window, frame, tokenised
from xh.metrics.questions import UNANSWERABLE, rules
from xh.spec import TaskSpec, UsageError
from xh.spec.examples import Columns, Examples, Features

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob


class Span(TrainedKind):
    """Predictions are answers by question id. Scored by the rules that the task's metric names, else SQuAD v1.1's."""

    suffix = ".json"
    head = "AutoModelForQuestionAnswering"
    per_token = reads_padding = True

    def head_options(self, task: TaskSpec) -> dict[str, Any]:
        """One start and one end logit per token, however many labels the head had that the body comes from."""
        return {"num_labels": 2}

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """Ids as unique text, answers as parallel lists; none without a text where every question has an answer."""
        check_texts(columns, ("question", "context"), task, where)
        seen: set[str] = set()
        for number, (key, answers) in enumerate(zip(columns["id"], columns["answers"], strict=True)):
            if str(key) in seen:
                raise bad_row(where, number, f"the id {key!r} occurs twice.")
            if not _are_answers(answers):
                raise bad_row(where, number, f"the answers of question {key!r} are not lists text and answer_start.")
            if not any(answers["text"]) and task.metric != UNANSWERABLE:
                raise bad_row(where, number, f"question {key!r} has no answer.")
            seen.add(str(key))
        return {**columns, "id": [str(key) for key in columns["id"]]}

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """Windows over each context; in training those without an answer point at the first token."""
        outline = frame(tokenizer)
        texts = tokenised(tokenizer, [*examples["question"], *examples["context"]])
        columns: Columns = {"input_ids": []} | ({"token_type_ids": []} if outline.types else {})
        extra: dict[str, list[Any]] = {"example": [], "window": [], "number": [], "context_at": []}
        labels: dict[str, list[int]] = {"start_positions": [], "end_positions": []}
        for index, row in enumerate(examples.rows()):
            question = texts[row["question"]][0][: recipe.max_query]
            context, spans = texts[row["context"]]
            answer = _answer_tokens(row, spans, examples.where, index) if train else None
            capacity = _capacity(recipe, len(question) + outline.size, len(context), examples.where)
            for number, window in enumerate(Window.over(len(context), capacity, recipe.stride)):
                shift = len(outline.before) + len(question) + len(outline.between) - window.start
                _add(columns, outline, question, context[window.start : window.end])
                _append(extra, example=index, window=window, number=number, context_at=shift)
                start, end = _position(answer, window, shift)
                _append(labels, start_positions=start, end_positions=end)
        extra["spans"] = [texts[context][1] for context in examples["context"]]
        return Features(columns | (labels if train else {}), extra)

    def texts(self, examples: Examples) -> list[str]:
        """The question and the context."""
        return list(map(" ".join, zip(examples["question"], examples["context"], strict=True)))

    def decode(
        self, outputs: list[Any], features: Features, examples: Examples, recipe: Any, task: TaskSpec
    ) -> dict[str, str]:
        """Each question's highest sum of a start and an end logit, over its windows (see :func:`best_span`).

        A question that may lack an answer has none where the first token's sum is higher, in the window where it is
        lowest (transformers, compute_predictions_logits).
        """
        extra = features.extra
        windows: dict[int, list[int]] = {}
        for feature, example in enumerate(extra["example"]):
            windows.setdefault(example, []).append(feature)
        answers = {}
        for example, key in enumerate(examples["id"]):
            mine = windows.get(example, [])
            found = [outputs[i] for i in mine]
            tokens = best_span(found, [extra["window"][i] for i in mine], [extra["context_at"][i] for i in mine],
                               recipe, _floor(found, task))  # fmt: skip
            answers[key] = _text(examples["context"][example], extra["spans"][example], tokens)
        return answers

    def protocol(self, job: "EvaluateJob") -> dict[str, Any]:
        """Windows and decoding."""
        return {
            name: getattr(job.recipe, name) for name in ("max_length", "stride", "max_query", "n_best", "max_answer")
        }

    def pairs(
        self, predictions: dict[str, str], examples: Examples, task: TaskSpec
    ) -> tuple[list[str | None], list[list[str]]]:
        """Each question's predicted answer beside its gold answers."""
        return [predictions.get(key) for key in examples["id"]], [answer["text"] for answer in examples["answers"]]

    def score(self, predictions: dict[str, str], examples: Examples, task: TaskSpec) -> Scores:
        """F1 and exact match."""
        golds = dict(zip(examples["id"], self.pairs(predictions, examples, task)[1], strict=True))
        return rules(task.metric)(predictions, golds, examples.lang)

    def example_counts(
        self, predictions: dict[str, str], examples: Examples, task: TaskSpec
    ) -> dict[str, list[ExampleCount]]:
        """Every question's own F1 and exact match."""
        score, golds = rules(task.metric), self.pairs(predictions, examples, task)[1]
        rows = zip(examples["id"], golds, strict=True)
        found = [score({key: predictions[key]}, {key: gold}, examples.lang) for key, gold in rows]
        return {metric: [(each[metric] / 100, 1) for each in found] for metric in ("f1", "exact_match")}

    def shown(self, predictions: dict[str, str], examples: Examples, task: TaskSpec, number: int) -> dict[str, str]:
        """Question and context; the different gold answers."""
        found, golds = self.pairs(predictions, examples, task)
        texts = {name: examples[name][number] for name in ("question", "context")}
        return texts | {"gold": " | ".join(dict.fromkeys(golds[number])), "prediction": found[number] or ""}

    def majority_baseline(self, examples: Examples, task: TaskSpec) -> dict[str, str]:
        """The first words of every context, as many as half of the gold answers have at most.

        Where questions may lack an answer: none at all.
        """
        if task.metric == UNANSWERABLE:
            return dict.fromkeys(examples["id"], "")
        size = median_low([len(text.split()) for answer in examples["answers"] for text in answer["text"]])
        starts = [" ".join(context.split()[: max(1, size)]) for context in examples["context"]]
        return dict(zip(examples["id"], starts, strict=True))

    def write(self, predictions: dict[str, str], path: Path) -> None:
        """One JSON object: question id -> answer."""
        path.write_text(json.dumps(predictions, ensure_ascii=False), encoding="utf-8")

    def read(self, path: Path) -> dict[str, str]:
        """The answers."""
        answers: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return answers


def best_span(
    outputs: list[tuple[Any, Any]], windows: list[Window], shifts: list[int], recipe: Any, floor: float = -np.inf
) -> tuple[int, int] | None:
    """First and last context token of the best answer over a question's windows, or None without any above ``floor``.

    Per window the ``n_best`` starts and ends are paired; a start counts only in the window where it has the most
    context, an answer has at most ``max_answer`` tokens (XTREME third_party, compute_predictions_logits).
    """
    owner = best_window(windows, windows[-1].end) if windows and windows[-1].end else []
    best, answer = floor, None
    for number, ((start, end), window, shift) in enumerate(zip(outputs, windows, shifts, strict=True)):
        starts, ends = (_top(logits, window, shift, recipe.n_best) for logits in (start, end))
        for first in starts:
            if owner[first] != number:
                continue
            for last in ends:
                score = start[first + shift] + end[last + shift]
                if first <= last < first + recipe.max_answer and score > best:
                    best, answer = score, (int(first), int(last))
    return answer


def _floor(outputs: list[tuple[Any, Any]], task: TaskSpec) -> float:
    """The score that an answer has to beat: that of no answer, where questions may have none."""
    if task.metric != UNANSWERABLE:
        return -np.inf
    return min((float(start[0] + end[0]) for start, end in outputs), default=-np.inf)


def _capacity(recipe: Any, others: int, context: int, where: str) -> int:
    """Subword tokens of context that fit beside the ``others``; raises if windows would leave some out."""
    capacity: int = recipe.max_length - others
    if context > capacity and capacity < recipe.stride:
        raise UsageError(
            f"{where}: max_length = {recipe.max_length} is too small for windows with stride = {recipe.stride}.",
            why=f"Beside a question and special tokens {max(0, capacity)} subword tokens are left for the context.",
            todo="Raise max_length, or lower stride or max_query, e.g. --set TASK.stride=32.",
        )
    return capacity


def _are_answers(answers: Any) -> bool:
    """Whether these are lists of texts and of as many places (which test data may lack)."""
    if not isinstance(answers, dict) or not isinstance(answers.get("text"), list):
        return False
    places = answers.get("answer_start")
    return places is None or (isinstance(places, list) and len(places) == len(answers["text"]))


def _top(logits: Any, window: Window, shift: int, count: int) -> Any:
    inside = logits[window.start + shift : window.end + shift]
    return window.start + np.argsort(-inside, kind="stable")[:count]


def _text(context: str, spans: Spans, tokens: tuple[int, int] | None) -> str:
    return context[spans[tokens[0]][0] : spans[tokens[1]][1]].strip() if tokens else ""


def _answer_tokens(row: dict[str, Any], spans: Spans, where: str, number: int) -> tuple[int, int] | None:
    """First and last token of a question's first answer, if it has one; raises if it isn't where the row says."""
    if not any(row["answers"]["text"]):
        return None
    if row["answers"].get("answer_start") is None:
        raise bad_row(where, number, f"the answers of question {row['id']!r} have no answer_start.")
    text, start = row["answers"]["text"][0], row["answers"]["answer_start"][0]
    end = start + len(text)
    if row["context"][start:end] != text:
        found = row["context"].find(text)
        problem = f"it occurs at {found}" if found >= 0 else "it does not occur in its context"
        raise bad_row(
            where, number, f"the answer {text!r} of question {row['id']} is not at character {start}: {problem}."
        )
    first = next((i for i, span in enumerate(spans) if span[1] > start), len(spans) - 1)
    last = next((i for i in range(len(spans) - 1, -1, -1) if spans[i][0] < end), 0)
    return first, max(first, last)


def _position(answer: tuple[int, int] | None, window: Window, shift: int) -> tuple[int, int]:
    if answer is None or answer[0] < window.start or answer[1] >= window.end:
        return 0, 0
    return answer[0] + shift, answer[1] + shift


def _add(columns: Columns, outline: Frame, question: list[int], context: list[int]) -> None:
    columns["input_ids"].append(outline.input_ids(question, context))
    if outline.types:
        columns["token_type_ids"].append(outline.token_types(len(question), len(context)))


def _append(columns: dict[str, list[Any]], **values: Any) -> None:
    for name, value in values.items():
        columns[name].append(value)
