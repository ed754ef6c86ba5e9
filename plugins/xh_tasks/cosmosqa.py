"""Cosmos QA: four answers to a question about what a blog post leaves unsaid (Huang et al. 2019, arXiv 1909.00277)."""

from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import COSMOS_QA


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="cosmosqa",
            aliases=("cosmos_qa",),
            title="Cosmos QA, reading with common sense",
            kind="choice",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Hub(
                "allenai/cosmos_qa",
                revision=COSMOS_QA,
                splits={"train": "train", "dev": "validation"},
                row="xh_tasks.cosmosqa:row",
            ),
            metric="accuracy",
            recipe={"max_length": 256},
            rows={"train": 25_262, "dev": 2_985},
            licence="CC-BY-4.0",
            citation="Huang et al. 2019, arXiv:1909.00277",
        )
    ]


def row(row: dict[str, Any], lang: str) -> dict[str, Any]:
    """Context and question as one text, the four answers as choices."""
    choices = [row[f"answer{number}"] for number in range(4)]
    return {"text": f"{row['context']} {row['question']}", "choices": choices, "label": row["label"]}
