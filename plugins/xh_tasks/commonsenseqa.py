"""CommonsenseQA: which of five concepts answers a question (Talmor et al. 2019, arXiv 1811.00937)."""

from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import COMMONSENSE_QA


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="commonsenseqa",
            aliases=("commonsense_qa", "csqa"),
            title="CommonsenseQA, multiple choice",
            kind="choice",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Hub(
                "tau/commonsense_qa",
                revision=COMMONSENSE_QA,
                splits={"train": "train", "dev": "validation"},
                row="xh_tasks.commonsenseqa:row",
            ),
            metric="accuracy",
            rows={"train": 9_741, "dev": 1_221},
            licence="MIT",
            citation="Talmor et al. 2019, arXiv:1811.00937",
        )
    ]


def row(row: dict[str, Any], lang: str) -> dict[str, Any]:
    """The question, the texts of its choices, and the letter of the right one."""
    return {"text": row["question"], "choices": row["choices"]["text"], "label": row["answerKey"]}
