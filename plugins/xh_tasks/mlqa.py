"""MLQA: questions on Wikipedia paragraphs in seven languages (Lewis et al. 2020, arXiv 1910.07475).

XTREME takes the pairs whose context and question are in the same language.
"""

from xh.api import Hub, TaskSpec, hookimpl


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    dev = {"ar": 517, "de": 512, "en": 1_148, "es": 500, "hi": 507, "vi": 511, "zh": 504}
    test = {"ar": 5_335, "de": 4_517, "en": 11_590, "es": 5_253, "hi": 4_918, "vi": 5_495, "zh": 5_137}
    return [
        TaskSpec(
            name="mlqa",
            title="MLQA, extractive question answering",
            kind="span",
            roles=("target",),
            groups=("xtreme",),
            languages=tuple(test),
            data=Hub(
                "facebook/mlqa",
                revision="397ed406c1a7902140303e7faf60fff35b58d285",
                config="mlqa.{lang}.{lang}",
                splits={"dev": "validation", "test": "test"},
            ),
            train_from="squad",
            metric="mlqa.f1",
            rows={"dev": dev, "test": test},
            licence="CC-BY-SA-3.0",
            citation="Lewis et al. 2020, arXiv:1910.07475",
        )
    ]
