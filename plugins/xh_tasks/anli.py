"""ANLI: three-way entailment, written against a model in three rounds (Nie et al. 2020, arXiv 1910.14599).

The rounds are trained on, and selected by, as one.
"""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import ANLI


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="anli",
            title="ANLI, natural language inference",
            kind="classify",
            roles=("intermediate",),
            languages=("en",),
            data=tuple(
                Hub("facebook/anli", ANLI, {"train": f"train_{name}", "dev": f"dev_{name}"}, config="plain_text")
                for name in ("r1", "r2", "r3")
            ),
            columns={"text_a": "premise", "text_b": "hypothesis"},
            labels=("entailment", "neutral", "contradiction"),
            metric="accuracy",
            rows={"train": 162_865, "dev": 3_200},
            licence="CC-BY-NC-4.0",
            citation="Nie et al. 2020, arXiv:1910.14599",
        )
    ]
