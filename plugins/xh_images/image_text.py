"""The kind ``image-text``."""

from xh.api import KindSpec, hookimpl
from xh_images.recipe import ImageTextTraining


@hookimpl
def xh_kinds() -> list[KindSpec]:
    return [
        KindSpec(
            name="image-text",
            code="xh_images.kind:ImageText",
            required=("image", "caption"),
            optional=("label",),
            recipe=ImageTextTraining,
            models=("tower",),
        )
    ]
