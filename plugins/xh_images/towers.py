"""Locked vision towers: what a model of transformers sees in a picture, as one vector."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoModel
from transformers.utils import logging

from xh.api import MissingError
from xh_images.pictures import Picture

BATCH = 32
TOLD = 2_000
"""Pictures between two messages."""
POOLERS = ("pooler.", "vision_model.head.", "head.")


class Tower:
    """The tower in ``folder``; ``image`` says what of it is a picture's vector, as of the setting."""

    def __init__(self, folder: Path, image: str) -> None:
        self.image = image
        self.processor, self.model = _loaded(folder, image)

    def vectors(self, pictures: Iterable[Any]) -> torch.Tensor:
        """The vectors [n, width] of decoded pictures, in float32; one is held at a time."""
        inputs = [self.processor(images=picture, return_tensors="pt") for picture in pictures]
        batch = {name: torch.cat([each[name] for each in inputs]).to(self.model.device) for name in inputs[0]}
        with torch.inference_mode():
            outputs = self.model(**batch)
        if self.image == "pooled":
            return _as_rows(outputs.pooler_output)
        states = outputs.last_hidden_state
        states = states.flatten(2).transpose(1, 2) if states.ndim == 4 else states
        return _as_rows(states.mean(dim=1) if self.image == "mean" else states)

    def fill(self, pictures: Sequence[Picture], where: str, log: Callable[[Any], None]) -> Callable[[Any], None]:
        """What writes the vectors of pictures into a matrix, a few at a time."""

        def write(matrix: Any) -> None:
            for start in range(0, len(pictures), BATCH):
                part = pictures[start : start + BATCH]
                matrix[start : start + len(part)] = self.vectors(each.decoded(where) for each in part).cpu().numpy()
                if start // TOLD < (start + len(part)) // TOLD:
                    log({"message": f"{start + len(part):,} of {len(pictures):,} pictures seen"})

        return write


@lru_cache
def width(folder: Path, image: str) -> int:
    """How many numbers a picture's vector has."""
    return Tower(folder, image).vectors([Image.new("RGB", (64, 64))]).shape[1]


def _as_rows(found: torch.Tensor) -> torch.Tensor:
    return found.float().flatten(1)


def _loaded(folder: Path, image: str) -> tuple[Any, Any]:
    """The processor, and the vision half of a model of pictures and text; every weight that is read must be there."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
        with torch.random.fork_rng():  # weights that are absent are drawn, and what is trained must not depend on that
            model, report = AutoModel.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
            )
    except Exception as error:  # whatever a strange config makes it raise
        why = f"{type(error).__name__}: {str(error).strip()[:200]}"
        todo = "Name a vision model of transformers, such as a ViT, CLIP, SigLIP or DINOv2."
        raise MissingError(f"The vision tower in {folder} can't be loaded.", why=why, todo=todo) from error
    finally:
        logging.set_verbosity(before)
    seen = getattr(model, "vision_model", model)
    half = "" if seen is model else "vision_model."
    lost = sorted(name for name in report["missing_keys"] if name.startswith(half))
    lost += [name for name, *_ in report["mismatched_keys"]]
    if needed := [name for name in lost if image == "pooled" or not name.startswith(POOLERS)]:
        poolers = all(name.startswith(POOLERS) for name in needed)
        todo = (
            "Use --set TASK.image=mean." if poolers else "Give a folder whose config.json and weights belong together."
        )
        raise MissingError(
            f"The vision tower in {folder} lacks weights.", why=f"Missing: {', '.join(needed[:3])}.", todo=todo
        )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return processor, seen.eval().requires_grad_(False).to(device)
