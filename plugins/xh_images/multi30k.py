"""Multi30k: one caption of each picture of Flickr30k in four languages (Elliott et al. 2016, arXiv 1605.00459).

The German, French and Czech ones are translations of the English one. ``multi30k`` is English alone, and
``multi30k@en,de,fr,cs`` all four.
"""

from xh.api import Hub, TaskSpec, hookimpl
from xh_images.revisions import CONTRASTIVE, KRASNER, MULTI30K

SPLITS = {"train": "train", "dev": "validation"}
LANGUAGES = ("en", "de", "fr", "cs")


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="multi30k",
            title="Multi30k, captions in 4 languages",
            kind="image-text",
            roles=("intermediate",),
            languages=LANGUAGES,
            data=Hub("romrawinjp/multi30k", MULTI30K, SPLITS),
            columns={"caption": "{lang}"},
            metric="recall@1",
            recipe=KRASNER,
            variants=CONTRASTIVE,
            rows={"train": 29_000, "dev": 1_014},
            licence="research only",
            citation="Elliott et al. 2016, arXiv:1605.00459; Barrault et al. 2018, aclanthology:W18-6402",
        )
    ]
