"""Trains the small vision tower of the sample set: a ViT that says what is where on drawn scenes.

Usage: python tools/mini_tower.py FOLDER [STEPS]. It learns from scenes of its own, drawn like the sample's, how many
shapes of each colour there are and where they lie. What reads that off the mean of its last states is thrown away.
"""

import sys
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image
from scenes import COLOURS, SHAPES, SIZE, Scene, png, scene
from torch.nn.functional import cross_entropy, mse_loss
from transformers import ViTConfig, ViTImageProcessorPil, ViTModel

BATCH, RATE, SCENES = 128, 1e-3, 20_000
SEED = 1_000_000
"""Of the training scenes; those of the sample have seeds below."""
KINDS = [(shape, colour) for shape in SHAPES for colour in COLOURS]


def main(folder: Path, steps: int) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    processor = ViTImageProcessorPil(size={"height": SIZE, "width": SIZE}, do_resize=True)
    config = ViTConfig(
        image_size=SIZE, patch_size=8, hidden_size=64, num_hidden_layers=4, num_attention_heads=4,
        intermediate_size=128, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    tower, reader = ViTModel(config, add_pooling_layer=False), torch.nn.Linear(64, len(KINDS) * (5 + 2))
    optimiser = torch.optim.AdamW([*tower.parameters(), *reader.parameters()], RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps, pct_start=0.1)
    pixels, counts, places = _drawn(processor)
    order = np.random.default_rng(0)
    for step in range(steps):
        rows = order.integers(0, len(pixels), BATCH)
        found = reader(tower(pixel_values=pixels[rows]).last_hidden_state.mean(1)).view(BATCH, len(KINDS), 7)
        there = counts[rows] > 0
        loss = cross_entropy(found[..., :5].flatten(0, 1), counts[rows].flatten())
        loss = loss + cross_entropy(found[there][:, :5], counts[rows][there])
        loss = loss + 4 * mse_loss(found[..., 5:][there], places[rows][there])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            right = (found[..., :5].argmax(-1) == counts[rows]).all(-1).float().mean()
            print(f"{step} loss {loss.item():.3f} scenes counted right {right.item():.2f}", flush=True)
    tower.eval().save_pretrained(folder)
    processor.save_pretrained(folder)


def _drawn(processor: ViTImageProcessorPil) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pixels [n, 3, 48, 48], how many there are of each shape and colour [n, kinds], and where [n, kinds, 2]."""
    pixels, counts, places = [], torch.zeros(SCENES, len(KINDS), dtype=torch.long), torch.zeros(SCENES, len(KINDS), 2)
    for row in range(SCENES):
        random = Random(SEED + row)
        drawn: Scene = scene(random)
        pixels.append(_pixels(png(drawn, random)))
        for group in drawn.groups:
            kind = KINDS.index((group.shape, group.colour))
            counts[row, kind] = group.count
            places[row, kind] = torch.tensor(group.centre) / SIZE * 2 - 1
    return processor(pixels, return_tensors="pt")["pixel_values"], counts, places


def _pixels(data: bytes) -> Image.Image:
    from io import BytesIO

    return Image.open(BytesIO(data)).convert("RGB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 4_000)
