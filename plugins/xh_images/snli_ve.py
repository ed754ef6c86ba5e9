"""SNLI-VE: whether a sentence follows from a picture (Xie et al. 2019, arXiv 1901.06706).

Its sentences and labels are those of SNLI, so that what a target of inference gains from it need not be from pictures.
"""

from xh.api import Hub, TaskSpec, hookimpl
from xh_images.revisions import SNLI_VE


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="snli_ve",
            title="SNLI-VE, visual entailment",
            kind="image-text",
            roles=("intermediate",),
            languages=("en",),
            data=Hub("Phando/snli-ve-shuffled", SNLI_VE, {"train": "train", "dev": "validation"}, config="default"),
            columns={"caption": "sentence", "label": "gold_label"},
            labels=("entailment", "neutral", "contradiction"),
            metric="accuracy",
            variants={"objective": {"entailment": {}}},
            rows={"train": 529_527, "dev": 17_858},
            licence="CC-BY-SA-4.0 (sentences); research only (pictures)",
            citation="Xie et al. 2019, arXiv:1901.06706",
        )
    ]
