"""The settings of the kind ``image-text``."""

from typing import Annotated, Literal

from msgspec import Meta

from xh.api import Training

VIT = "google/vit-base-patch16-224-in21k@b4569560a39a0f1af58e3ddaf17facf20ab919b0"
"""The tower of Krasner et al. 2025; the commit is the one that public code pins."""


class ImageTextTraining(Training, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A text encoder trained beside a locked vision tower (LiT, Zhai et al. 2022, arXiv 2111.07991).

    ``objective``: ``contrastive`` tells a caption's picture from those of the whole batch, and a picture's caption;
    ``matching`` says of a caption and a picture whether they belong together; ``entailment`` gives the label of a
    picture and a sentence. ``tower``: a vision model of transformers, an id on the Hub (``id@revision``), a folder, or
    ``package:folder``. ``image``: what of it is a picture's vector, the ``mean`` of its last states, its own ``pooled``
    output, or the states of all ``patches`` in a row. ``pooling``: the tokens whose mean is a caption's vector, as of
    :class:`RankTraining`. Both vectors are projected to ``dim`` numbers.

    ``control``: what is left of the gain if nothing is learnt from pictures. ``shuffled`` gives each picture another
    one's captions; ``captions`` holds a caption against another one of the same picture, and no picture is read.
    """

    objective: Literal["contrastive", "matching", "entailment"] = "contrastive"
    tower: str = VIT
    image: Literal["mean", "pooled", "patches"] = "mean"
    pooling: Literal["mean", "words", "cls", "last"] = "mean"
    dim: Annotated[int, Meta(ge=1)] = 512
    control: Literal["none", "shuffled", "captions"] = "none"
