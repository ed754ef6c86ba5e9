"""SNLI: three-way entailment about captions of photographs (Bowman et al. 2015, arXiv 1508.05326).

Rows without a gold label (-1) are dropped.
"""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import SNLI


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="snli",
            title="SNLI, natural language inference",
            kind="classify",
            roles=("intermediate",),
            languages=("en",),
            data=Hub("stanfordnlp/snli", SNLI, {"train": "train", "dev": "validation"}, config="plain_text"),
            columns={"text_a": "premise", "text_b": "hypothesis"},
            labels=("entailment", "neutral", "contradiction"),
            metric="accuracy",
            rows={"train": 549_367, "dev": 9_842},
            licence="CC-BY-SA-4.0",
            citation="Bowman et al. 2015, arXiv:1508.05326",
        )
    ]
