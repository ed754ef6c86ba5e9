"""MNLI: three-way entailment over ten genres (Williams et al. 2018, arXiv 1704.05426); dev is the matched set."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import GLUE, XNLI

LANGUAGES = "ar bg de el es fr hi ru sw th tr ur vi zh"
"""Of XNLI's machine translation of the train set (Conneau et al. 2018, arXiv 1809.05053)."""


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="mnli",
            title="MNLI, natural language inference",
            kind="classify",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Hub(
                "nyu-mll/glue",
                revision=GLUE,
                config="mnli",
                splits={"train": "train", "dev": "validation_matched"},
            ),
            columns={"text_a": "premise", "text_b": "hypothesis"},
            labels=("entailment", "neutral", "contradiction"),
            translated={
                lang: Hub("facebook/xnli", XNLI, {"train": "train", "dev": "validation"}, config=lang)
                for lang in LANGUAGES.split()
            },
            metric="accuracy",
            rows={"train": 392_702, "dev": 9_815},
            licence="OANC, CC-BY-3.0 and CC-BY-SA-3.0 by genre",
            citation="Williams et al. 2018, arXiv:1704.05426",
        )
    ]
