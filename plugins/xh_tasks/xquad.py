"""XQuAD: 240 SQuAD paragraphs with questions, translated by professionals (Artetxe et al. 2020, arXiv 1910.11856)."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import XQUAD


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="xquad",
            title="XQuAD, extractive question answering",
            kind="span",
            roles=("target",),
            groups=("xtreme",),
            languages=("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"),
            data=Hub("google/xquad", revision=XQUAD, config="xquad.{lang}", splits={"test": "validation"}),
            train_from="squad",
            metric="f1",
            rows={"test": 1_190},
            licence="CC-BY-SA-4.0",
            citation="Artetxe et al. 2020, arXiv:1910.11856",
        )
    ]
