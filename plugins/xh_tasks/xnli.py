"""XNLI: MNLI-like pairs translated into 15 languages (Conneau et al. 2018, arXiv 1809.05053); trained on MNLI."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import XNLI


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="xnli",
            title="XNLI, natural language inference",
            kind="classify",
            roles=("target",),
            groups=("xtreme", "xtreme-r"),
            languages=("ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"),
            data=Hub("facebook/xnli", revision=XNLI, config="{lang}", splits={"dev": "validation", "test": "test"}),
            columns={"text_a": "premise", "text_b": "hypothesis"},
            labels=("entailment", "neutral", "contradiction"),
            train_from="mnli",
            metric="accuracy",
            recipe={"epochs": 5.0},
            rows={"dev": 2_490, "test": 5_010},
            licence="CC-BY-NC-4.0",
            citation="Conneau et al. 2018, arXiv:1809.05053",
        )
    ]
