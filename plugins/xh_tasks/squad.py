"""SQuAD 1.1: answers are spans of Wikipedia paragraphs (Rajpurkar et al. 2016, arXiv 1606.05250)."""

from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import SQUAD, SQUAD_IT

ANSWERED = "xh_tasks.squad:answered"


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="squad",
            aliases=("squad_v1", "squad_v1.1"),
            title="SQuAD 1.1, question answering",
            kind="span",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Hub(
                "rajpurkar/squad",
                revision=SQUAD,
                config="plain_text",
                splits={"train": "train", "dev": "validation"},
            ),
            # The translations into es (ccasimiro/squad_es) and ar, de, es, hi, vi, zh (facebook/mlqa) are loading
            # scripts, and no commit of the Hub's conversions of them is known.
            translated={
                "it": Hub("crux82/squad_it", SQUAD_IT, {"train": "train", "dev": "test"}, "default", row=ANSWERED)
            },
            metric="f1",
            rows={"train": 87_599, "dev": 10_570},
            licence="CC-BY-SA-4.0",
            citation="Rajpurkar et al. 2016, arXiv:1606.05250",
        )
    ]


def answered(row: dict[str, Any], lang: str) -> dict[str, Any] | None:
    """The row with those of its answers that were found again in the translated context, if any was."""
    answers = row["answers"]
    found = [pair for pair in zip(answers["text"], answers["answer_start"], strict=True) if pair[0]]
    kept = {"text": [text for text, _ in found], "answer_start": [start for _, start in found]}
    return {**row, "answers": kept} if found else None
