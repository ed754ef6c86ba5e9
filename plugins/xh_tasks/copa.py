"""COPA: which of two sentences is the cause or the effect of a third (Roemmele et al. 2011), from SuperGLUE."""

from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import COPA


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="copa",
            title="COPA, causes and effects",
            kind="choice",
            roles=("intermediate",),
            languages=("en",),
            data=Hub(
                "aps/super_glue",
                revision=COPA,
                config="copa",
                splits={"train": "train", "dev": "validation"},
                row="xh_tasks.copa:row",
            ),
            metric="accuracy",
            rows={"train": 400, "dev": 100},
            licence="BSD-2-Clause",
            citation="Roemmele et al. 2011, AAAI Spring Symposium",
        )
    ]


def row(row: dict[str, Any], lang: str) -> dict[str, Any]:
    """The premise with the question, which XTREME-R asks in English of every language, and both sentences."""
    text = f"{row['premise']} What was the {row['question']}?"
    return {"text": text, "choices": [row["choice1"], row["choice2"]], "label": row["label"]}
