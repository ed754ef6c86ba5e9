"""QQP: do two questions asked on Quora mean the same (Quora 2017; in GLUE, Wang et al. 2019, arXiv 1804.07461)."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import GLUE


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="qqp",
            title="QQP, duplicate questions",
            kind="classify",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Hub(
                "nyu-mll/glue",
                revision=GLUE,
                config="qqp",
                splits={"train": "train", "dev": "validation"},
            ),
            columns={"text_a": "question1", "text_b": "question2"},
            labels=("not_duplicate", "duplicate"),
            metric="accuracy",
            rows={"train": 363_846, "dev": 40_430},
            licence="Quora's terms of service, not for commercial use",
            citation="Iyer et al. 2017, First Quora Dataset Release: Question Pairs",
        )
    ]
