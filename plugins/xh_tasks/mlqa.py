"""MLQA: questions on Wikipedia paragraphs in seven languages (Lewis et al. 2020, arXiv 1910.07475).

XTREME takes the seven pairs whose context and question are in the same language. ``--set mlqa.pairs=all`` takes all 49:
``de-en`` has German contexts and English questions. The rows are those of facebook/mlqa, which is a loading script.
"""

from itertools import product
from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import XTREME

SPLITS = {"dev": "validation", "test": "test"}


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
            groups=("xtreme", "xtreme-r"),
            languages=tuple(test),
            data=Hub("google/xtreme", XTREME, SPLITS, config="MLQA.{lang}.{lang}"),
            variants={"pairs": {"same": {}, "all": _all_pairs(tuple(test))}},
            train_from="squad",
            metric="mlqa.f1",
            rows={"dev": dev, "test": test},
            licence="CC-BY-SA-3.0",
            citation="Lewis et al. 2020, arXiv:1910.07475",
        )
    ]


def _all_pairs(languages: tuple[str, ...]) -> dict[str, Any]:
    codes = {
        context if context == question else f"{context}-{question}": f"{context}.{question}"
        for context, question in product(languages, repeat=2)
    }
    return {
        "languages": tuple(codes),
        "data": Hub("google/xtreme", XTREME, SPLITS, config="MLQA.{lang}", codes=codes),
        "rows": {},
        "reason": "all 49 pairs of languages, XTREME has the 7 whose context and question share one",
    }
