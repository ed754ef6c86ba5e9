"""SQuAD's questions, each with the sentence that answers it in its paragraph: training pairs for ranking.

Source: XTREME third_party/processors/lareqa.py, as of XTREME-R (Ruder et al. 2021, arXiv 2104.07412).
"""

import re
from functools import lru_cache
from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.english_sentences import breaks
from xh_tasks.revisions import SQUAD

WORD = re.compile(r"[^ \t\r\n\u202f]+")


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="squad_pairs",
            title="SQuAD 1.1, sentences that answer",
            kind="rank",
            roles=("intermediate",),
            languages=("en",),
            data=Hub(
                "rajpurkar/squad",
                revision=SQUAD,
                config="plain_text",
                splits={"train": "train", "dev": "validation"},
                row="xh_tasks.squad_pairs:row",
            ),
            metric="map@20",
            licence="CC-BY-SA-4.0",
            citation="Rajpurkar et al. 2016, arXiv:1606.05250",
        )
    ]


def row(row: dict[str, Any], lang: str) -> dict[str, Any] | None:
    """A question, and the answering sentence and its paragraph with nothing between them.

    None where its first answer lies in no sentence, or is not what the context has there.
    """
    context, text, start = row["context"], row["answers"]["text"][0], row["answers"]["answer_start"][0]
    sentence = next((context[left:right] for left, right in _breaks(context) if left <= start < right), None)
    words = (found[0] for found in WORD.finditer(context) if found.start() < start + len(text) and found.end() > start)
    if sentence is None or " ".join(text.split()) not in " ".join(words):
        return None
    return {"query": row["question"], "candidate": (sentence + context).replace("\n", "").strip()}


@lru_cache(maxsize=64)
def _breaks(context: str) -> list[tuple[int, int]]:
    """Several questions in a row ask about one paragraph."""
    return list(breaks(context.replace("\n", " ")))
