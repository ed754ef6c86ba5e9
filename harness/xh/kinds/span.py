"""Extractive question answering: the answer is a span of the context."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xh.kinds import supervised
from xh.kinds.kind import Columns, Examples, Features, Scores, bad_row, sampled
from xh.kinds.windows import Frame, Spans, Window, best_window, frame, tokenised
from xh.metrics import squad
from xh.spec import TaskSpec

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob


class Span:
    """Predictions are answers by question id. Scored by the SQuAD v1.1 rules, in every language."""

    suffix = ".json"
    head = "AutoModelForQuestionAnswering"
    per_token = True
    limit = staticmethod(sampled)
    count = staticmethod(len)

    def head_options(self, task: TaskSpec) -> dict[str, Any]:
        """Nothing: the head has one start and one end logit per token."""
        return {}

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """Ids as unique text, answers as parallel lists with at least one text each."""
        seen: set[str] = set()
        for number, (key, answers) in enumerate(zip(columns["id"], columns["answers"], strict=True)):
            if str(key) in seen:
                raise bad_row(where, number, f"the id {key!r} occurs twice.")
            if not isinstance(answers, dict) or not answers.get("text"):
                raise bad_row(where, number, f"question {key!r} has no answer.")
            seen.add(str(key))
        return {**columns, "id": [str(key) for key in columns["id"]]}

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """Windows over each context; in training those without the answer point at the first token."""
        outline = frame(tokenizer)
        texts = tokenised(tokenizer, [*examples["question"], *examples["context"]])
        columns: Columns = {"input_ids": []} | ({"token_type_ids": []} if outline.types else {})
        extra: dict[str, list[Any]] = {"example": [], "window": [], "number": [], "context_at": []}
        labels: dict[str, list[int]] = {"start_positions": [], "end_positions": []}
        for index, row in enumerate(examples.rows()):
            question = texts[row["question"]][0][: recipe.max_query]
            context, spans = texts[row["context"]]
            answer = _answer_tokens(row, spans, examples.where, index) if train else None
            capacity = recipe.max_length - len(question) - outline.size
            for number, window in enumerate(Window.over(len(context), capacity, recipe.stride)):
                shift = len(outline.before) + len(question) + len(outline.between) - window.start
                _add(columns, outline, question, context[window.start : window.end])
                _append(extra, example=index, window=window, number=number, context_at=shift)
                start, end = _position(answer, window, shift)
                _append(labels, start_positions=start, end_positions=end)
        extra["spans"] = [texts[context][1] for context in examples["context"]]
        return Features(columns | (labels if train else {}), extra)

    def decode(
        self, outputs: list[Any], features: Features, examples: Examples, recipe: Any, task: TaskSpec
    ) -> dict[str, str]:
        """Each question's highest sum of a start and an end logit, over its windows (see :func:`best_span`)."""
        extra = features.extra
        windows: dict[int, list[int]] = {}
        for feature, example in enumerate(extra["example"]):
            windows.setdefault(example, []).append(feature)
        answers = {}
        for example, key in enumerate(examples["id"]):
            mine = windows.get(example, [])
            tokens = best_span([outputs[i] for i in mine], [extra["window"][i] for i in mine],
                               [extra["context_at"][i] for i in mine], recipe)  # fmt: skip
            answers[key] = _text(examples["context"][example], extra["spans"][example], tokens)
        return answers

    def predict(self, job: "EvaluateJob", examples: Mapping[str, Examples]) -> Iterator[tuple[str, dict[str, str]]]:
        """Answers by question id, by language."""
        return supervised.predict(self, job, examples)

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
        """F1 and exact match by the SQuAD v1.1 rules."""
        golds = dict(zip(examples["id"], self.pairs(predictions, examples, task)[1], strict=True))
        result = squad.evaluate(predictions, golds)
        return {"f1": result.f1, "exact_match": result.exact_match}

    def write(self, predictions: dict[str, str], path: Path) -> None:
        """One JSON object: question id -> answer."""
        path.write_text(json.dumps(predictions, ensure_ascii=False), encoding="utf-8")


def best_span(
    outputs: list[tuple[Any, Any]], windows: list[Window], shifts: list[int], recipe: Any
) -> tuple[int, int] | None:
    """First and last context token of the best answer over a question's windows, or None without any.

    Per window the ``n_best`` starts and ends are paired; a start counts only in the window where it has the most
    context, an answer has at most ``max_answer`` tokens (XTREME third_party, compute_predictions_logits).
    """
    owner = best_window(windows, windows[-1].end) if windows and windows[-1].end else []
    best, answer = -np.inf, None
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


def _top(logits: Any, window: Window, shift: int, count: int) -> Any:
    inside = logits[window.start + shift : window.end + shift]
    return window.start + np.argsort(-inside, kind="stable")[:count]


def _text(context: str, spans: Spans, tokens: tuple[int, int] | None) -> str:
    return context[spans[tokens[0]][0] : spans[tokens[1]][1]].strip() if tokens else ""


def _answer_tokens(row: dict[str, Any], spans: Spans, where: str, number: int) -> tuple[int, int]:
    """First and last token of a question's first answer; raises if the answer isn't where the row says."""
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
