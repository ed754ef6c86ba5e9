"""HellaSwag: which of four endings goes on from a caption or a how-to text (Zellers et al. 2019, arXiv 1905.07830)."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import HELLASWAG


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="hellaswag",
            title="HellaSwag, sentence completion",
            kind="choice",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Hub("Rowan/hellaswag", revision=HELLASWAG, splits={"train": "train", "dev": "validation"}),
            columns={"text": "ctx", "choices": "endings"},
            metric="accuracy",
            recipe={"max_length": 256},
            rows={"train": 39_905, "dev": 10_042},
            licence="MIT",
            citation="Zellers et al. 2019, arXiv:1905.07830",
        )
    ]
