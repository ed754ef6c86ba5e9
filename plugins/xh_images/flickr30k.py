"""Flickr30k: five English captions of each picture (Young et al. 2014), in the splits of Karpathy and Fei-Fei 2015."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_images.revisions import CONTRASTIVE, FLICKR30K, KRASNER


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="flickr30k",
            title="Flickr30k, pictures with captions",
            kind="image-text",
            roles=("intermediate",),
            languages=("en",),
            data=Hub("AnyModal/flickr30k", FLICKR30K, {"train": "train", "dev": "validation"}),
            columns={"caption": "original_alt_text"},
            metric="recall@1",
            recipe=KRASNER,
            variants=CONTRASTIVE,
            rows={"train": 145_000, "dev": 5_070},
            licence="research only",
            citation="Young et al. 2014, doi:10.1162/tacl_a_00166",
        )
    ]
