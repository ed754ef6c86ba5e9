"""Social IQa: which of three answers fits a social situation (Sap et al. 2019, arXiv 1904.09728)."""

from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import SIQA


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="siqa",
            aliases=("social_iqa", "socialiqa"),
            title="Social IQa, multiple choice",
            kind="choice",
            roles=("intermediate",),
            languages=("en",),
            data=Hub(
                "lighteval/siqa",
                revision=SIQA,
                splits={"train": "train", "dev": "validation"},
                row="xh_tasks.siqa:row",
            ),
            metric="accuracy",
            rows={"train": 33_410, "dev": 1_954},
            licence="CC-BY-4.0",
            citation="Sap et al. 2019, arXiv:1904.09728",
        )
    ]


def row(row: dict[str, Any], lang: str) -> dict[str, Any]:
    """The situation with the question, and the answers, whose numbers begin at 1."""
    choices = [row[f"answer{letter}"] for letter in "ABC"]
    return {"text": f"{row['context']} {row['question']}", "choices": choices, "label": int(row["label"]) - 1}
