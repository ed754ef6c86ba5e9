"""TyDiQA GoldP: questions asked by people who want to know, in nine languages (Clark et al. 2020, arXiv 2003.05002).

XTREME trains on the English part of the train set and tests on the public dev set, so there is none left to select by.
As an intermediate task it can be trained in all of them: ``tydiqa@en,ar,…``.
The Hub copy has all languages in one table; a row's id begins with the language's name.
"""

from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import TYDIQA

NAMES = {
    "ar": "arabic", "bn": "bengali", "en": "english", "fi": "finnish", "id": "indonesian", "ko": "korean",
    "ru": "russian", "sw": "swahili", "te": "telugu",
}  # fmt: skip


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="tydiqa",
            title="TyDiQA GoldP, question answering",
            kind="span",
            roles=("intermediate", "target"),
            groups=("xtreme", "xtreme-r"),
            languages=tuple(NAMES),
            data=Hub(
                "google-research-datasets/tydiqa",
                revision=TYDIQA,
                config="secondary_task",
                splits={"train": "train", "test": "validation"},
                row="xh_tasks.tydiqa:row",
            ),
            metric="f1",
            recipe={"select": "last"},
            rows={
                "train": {
                    "ar": 14_805,
                    "bn": 2_390,
                    "en": 3_696,
                    "fi": 6_855,
                    "id": 5_702,
                    "ko": 1_625,
                    "ru": 6_490,
                    "sw": 2_755,
                    "te": 5_563,
                },
                "test": {
                    "ar": 921,
                    "bn": 113,
                    "en": 440,
                    "fi": 782,
                    "id": 565,
                    "ko": 276,
                    "ru": 812,
                    "sw": 499,
                    "te": 669,
                },
            },
            licence="Apache-2.0",
            citation="Clark et al. 2020, arXiv:2003.05002",
        )
    ]


def row(row: dict[str, Any], lang: str) -> dict[str, Any] | None:
    """The row if it is in this language."""
    return row if row["id"].startswith(f"{NAMES[lang]}-") else None
