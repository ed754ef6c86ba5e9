"""SQuAD 2.0: as SQuAD 1.1, but a third of the questions have no answer (Rajpurkar et al. 2018, arXiv 1806.03822)."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import SQUAD_V2


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="squad_v2",
            aliases=("squad_v2.0",),
            title="SQuAD 2.0, some without an answer",
            kind="span",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Hub(
                "rajpurkar/squad_v2",
                revision=SQUAD_V2,
                config="squad_v2",
                splits={"train": "train", "dev": "validation"},
            ),
            metric="squad_v2.f1",
            rows={"train": 130_319, "dev": 11_873},
            licence="CC-BY-SA-4.0",
            citation="Rajpurkar et al. 2018, arXiv:1806.03822",
        )
    ]
