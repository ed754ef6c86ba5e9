"""PAWS-X: paraphrases among pairs with the same words, in seven languages (Yang et al. 2019, arXiv 1908.11828)."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import PAWS_X


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="pawsx",
            aliases=("paws-x",),
            title="PAWS-X, paraphrase identification",
            kind="classify",
            roles=("target",),
            groups=("xtreme",),
            languages=("de", "en", "es", "fr", "ja", "ko", "zh"),
            data=Hub(
                "google-research-datasets/paws-x",
                revision=PAWS_X,
                config="{lang}",
                splits={"train": "train", "dev": "validation", "test": "test"},
            ),
            columns={"text_a": "sentence1", "text_b": "sentence2"},
            labels=("0", "1"),
            metric="accuracy",
            recipe={"epochs": 5.0},
            rows={"train": 49_401, "dev": 2_000, "test": 2_000},
            licence="free for any purpose, with acknowledgement of Google LLC",
            citation="Yang et al. 2019, arXiv:1908.11828",
        )
    ]
