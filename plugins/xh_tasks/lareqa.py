"""LAReQA on XQuAD-R: find a question's answers in all languages among all sentences (Roy et al. 2020)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xh.api import Files, MissingError, TaskSpec, hookimpl
from xh_tasks.revisions import LAREQA

CANDIDATES = {
    "ar": 1_222, "de": 1_276, "el": 1_234, "en": 1_180, "es": 1_215, "hi": 1_244,
    "ru": 1_219, "th": 852, "tr": 1_167, "vi": 1_209, "zh": 1_196,
}  # fmt: skip


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="lareqa",
            title="LAReQA, answers in all languages",
            kind="rank",
            roles=("target",),
            groups=("xtreme-r",),
            languages=tuple(CANDIDATES),
            data=_files("test", "questions"),
            pool=_files("candidates", "sentences"),
            train_from="squad_pairs",
            metric="map@20",
            # XTREME scripts/train_lareqa.sh: four batches of 4 make a step, so a question has 3 wrong answers.
            recipe={
                "learning_rate": 2e-5,
                "epochs": 3.0,
                "batch_size": 16,
                "warmup": 0.0,
                "eval_every": 1_000,
                "pooling": "pooler",
                "group": 4,
            },
            rows={"test": 1_190, "candidates": CANDIDATES},
            licence="CC-BY-SA-4.0",
            citation="Roy et al. 2020, arXiv:2004.05484",
        )
    ]


def _files(split: str, reader: str) -> Files:
    """The files of the authors' repository, in its archive's folder or in that of XTREME's download script."""
    return Files(
        paths=("lareqa*/xquad-r/{lang}.json",),
        splits={split: split},
        url=f"https://github.com/google-research-datasets/lareqa/archive/{LAREQA}.tar.gz",
        reader=f"xh_tasks.lareqa:{reader}",
    )


def questions(paths: list[Path]) -> list[dict[str, Any]]:
    """One row per question; its answers are the sentences of any language that match its id."""
    return [
        {"id": question["id"], "query": question["question"], "match": [question["id"]]}
        for _, paragraph in _paragraphs(paths)
        for question in paragraph["qas"]
    ]


def sentences(paths: list[Path]) -> list[dict[str, Any]]:
    """One row per sentence: with its paragraph, and the ids of the questions that it answers."""
    return [
        {"id": f"{key}_{place}", "candidate": _with_paragraph(sentence, paragraph), "match": answered[sentence]}
        for key, paragraph in _paragraphs(paths)
        for answered in [_answered(paragraph)]
        for place, sentence in enumerate(_sentences(paragraph))
    ]


def _with_paragraph(sentence: str, paragraph: dict[str, Any]) -> str:
    """What the model reads of a sentence: it and its paragraph, with nothing between them, as in training."""
    return f"{sentence}{paragraph['context']}".replace("\n", "").strip()


def _paragraphs(paths: list[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each paragraph with the language and its number as its key."""
    for path in paths:
        articles = json.loads(path.read_text(encoding="utf-8"))["data"]
        paragraphs = (paragraph for article in articles for paragraph in article["paragraphs"])
        yield from ((f"{path.stem}_{number}", paragraph) for number, paragraph in enumerate(paragraphs, 1))


def _sentences(paragraph: dict[str, Any]) -> list[str]:
    return [paragraph["context"][start:end] for start, end in paragraph["sentence_breaks"]]


def _answered(paragraph: dict[str, Any]) -> dict[str, list[str]]:
    """By sentence the questions that it answers; a sentence that is there twice answers them twice."""
    found: dict[str, list[str]] = {sentence: [] for sentence in _sentences(paragraph)}
    for question in paragraph["qas"]:
        start = question["answers"][0]["answer_start"]
        places = (place for place in paragraph["sentence_breaks"] if place[0] <= start < place[1])
        left, right = next(places, (0, 0))
        if not right:
            raise MissingError(f"Question {question['id']}: its answer lies in none of its paragraph's sentences.")
        found[paragraph["context"][left:right]].append(question["id"])
    return found
