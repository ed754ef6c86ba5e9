"""COCO Captions 2017: five English captions of each picture (Lin et al. 2014; Chen et al. 2015, arXiv 1504.00325).

Krasner et al. 2025 (arXiv 2505.13628) train XLM-R Large on it in English alone, beside a locked ViT.
"""

from xh.api import Hub, TaskSpec, hookimpl
from xh_images.revisions import COCO, CONTRASTIVE, KRASNER


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="coco_captions",
            title="COCO, pictures with captions",
            kind="image-text",
            roles=("intermediate",),
            languages=("en",),
            data=Hub("AKCIT/coco2017-captioning", COCO, {"train": "train", "dev": "validation"}),
            columns={"caption": "captions"},
            metric="recall@1",
            recipe=KRASNER,
            variants=CONTRASTIVE,
            rows={"train": 591_753, "dev": 25_014},
            licence="CC-BY-4.0 (captions); terms of Flickr (pictures)",
            citation="Chen et al. 2015, arXiv:1504.00325; Krasner et al. 2025, arXiv:2505.13628",
        )
    ]
