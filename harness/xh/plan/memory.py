"""The most memory that a stage has in use: weights, gradients, moments, activations, and the process itself.

What a layer keeps for its gradients was counted on BERT's and XLM-R's layers, all else measured;
``benchmarks/memory.py`` holds the forecast against stages that were run, and docs/backbones.md has its table.
"""

import math
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from msgspec import Struct

from xh.data.encoder import Encoder, read_config
from xh.data.fetch import cached_encoder
from xh.data.outline import Outline, outlined, recorded
from xh.plugins.registry import Registry
from xh.spec import EncoderSource, Locations, MissingError, Stage, TaskSpec
from xh.spec.kinds import facts
from xh.spec.recipe import RankTraining, Values

PROCESS, TRAINER, ENTRY = 600_000_000, 140_000_000, 900
"""Bytes of a worker without a model: torch, transformers, a few thousand rows; what a training loads besides; and of
each entry of a vocabulary."""
FLOAT, BRAIN = 4, 2
"""Bytes of a number in float32 and in bfloat16."""
WIDE, INNER, ATTENTION = {4: 41, 2: 29}, {4: 8, 2: 4}, {4: 12, 2: 6}
"""By the bytes of the numbers that are multiplied, what a layer keeps of a token: for each unit of its width and of the
feed-forward layer's, and for each head and token that it attends to (on a CPU; a GPU's kernel keeps no such thing)."""
ADAPTED = 4.2
"""What an adapter keeps of a number of its input: a mask, and what is left in its own format."""
RECOMPUTED = 5.5
"""What a layer that is computed again keeps for each unit of its width."""
MASKED, LOGIT = 0.15, 16
"""The share of tokens that is guessed, and what the loss keeps for each entry of the vocabulary."""
CHOICES, UNLIMITED = 4, 512
"""How many texts a choice is among, and how long an input is, where the plan can't know."""
TESTED = {False: 4096, True: 65536}
"""Tokens that are read at once without gradients, on a CPU and on a GPU."""
SPREAD, MOST_SPREAD, GPU_SPREAD = {4: 0.05, 2: 0.2}, 2.5, 1.1
"""A process's memory is left in pieces that fit no later batch: so much more each time that steps double."""
BF16 = ("avx512_bf16", "amx_bf16")
"""What a processor calls it that multiplies bfloat16 faster."""


class Where(Struct, frozen=True):
    """What a stage is computed on: a GPU or not, and whether ``auto`` takes bfloat16 there."""

    gpu: bool = False
    bf16: bool = True


def here(gpu: bool) -> Where:
    """This machine; it is the worker that measures which format is faster, here its processor's word counts."""
    return Where(gpu, gpu or _multiplies_bf16())


@cache
def _multiplies_bf16() -> bool:
    cpus = Path("/proc/cpuinfo")
    return cpus.exists() and any(name in cpus.read_text(errors="replace") for name in BF16)


def outline_of(encoder: EncoderSource, locations: Locations) -> Outline | None:
    """The outline of an encoder that is on this machine; None of any other, whatever its name."""
    try:
        folder = cached_encoder(encoder, locations)
        return outlined(folder, read_config(folder))
    except (MissingError, OSError):
        return None


def outlines(encoders: Iterable[Encoder], known: Registry, locations: Locations) -> dict[str, Outline]:
    """The outlines of encoders by identity, as far as they are known: of those elsewhere as their records say."""
    found = {
        each.identity: outline_of(each.place, locations) or recorded(each.name, each.config, known) for each in encoders
    }
    return {identity: outline for identity, outline in found.items() if outline}


def peak(stage: Stage, outline: Outline, where: Where, steps: int | None = None) -> int:
    """The bytes that a stage takes at its peak, if its longest batch is of the recipe's length.

    ``steps``: of its training, where they are known. On a GPU it is what is allocated there.
    """
    recipe = stage.inputs.recipe
    number = BRAIN if recipe.get("weights") == "bf16" else FLOAT
    weights = number * outline.parameters
    process = 0 if where.gpu else PROCESS + ENTRY * (outline.embedding // outline.hidden)
    read = 0 if where.gpu else outline.file
    if not stage.trains:
        tested = TESTED[where.gpu] * FLOAT * (2 * outline.inner + 5 * outline.hidden)
        return process + weights + max(read, BRAIN * outline.linear + tested)
    worked = max(_activations(outline, where, *part) for part in _parts(stage)) * _spread(steps, recipe, where)
    return int(process + weights + max(read, TRAINER * (not where.gpu) + _learnt(recipe, outline, number) + worked))


def _learnt(recipe: Values, outline: Outline, number: int) -> int:
    """Gradients and two moments of what is learnt; an adapter, in float32, itself too. Embeddings' have no 8 bits."""
    small = recipe["optimizer"] == "adamw_8bit"
    if recipe["adapter"] == "lora":
        return (2 * FLOAT + 2 * (1 if small else FLOAT)) * int(recipe["lora_rank"]) * outline.beside
    eighth = outline.parameters - outline.embedding if small else 0
    return 3 * number * outline.parameters - 2 * (number - 1) * eighth


def _spread(steps: int | None, recipe: Values, where: Where) -> float:
    more = SPREAD[_number(recipe, where)] * math.log2(steps or 1024)
    return GPU_SPREAD if where.gpu else min(MOST_SPREAD, 1 + more)


def _number(recipe: Values, where: Where) -> int:
    """The bytes of the numbers that are multiplied."""
    fast = recipe["precision"] == "bf16" or (recipe["precision"] == "auto" and where.bf16)
    return BRAIN if fast or recipe["weights"] == "bf16" else FLOAT


def _parts(stage: Stage) -> Iterator[tuple[TaskSpec, Values]]:
    """The tasks that a training learns, each with its settings: batches are of one of them."""
    recipe = stage.inputs.recipe
    for task in stage.inputs.task.members:
        yield task, recipe | recipe.get("parts", {}).get(task.name, {})


def _activations(outline: Outline, where: Where, task: TaskSpec, recipe: Values) -> float:
    """What a batch keeps for its gradients."""
    number, tokens = _number(recipe, where), _tokens(task, recipe)
    layer: float = WIDE[number] * outline.hidden + INNER[number] * outline.inner
    layer += 0 if where.gpu else ATTENTION[number] * outline.heads * _length(recipe)
    if recipe["adapter"] == "lora":
        layer += ADAPTED * (5 * outline.hidden + outline.inner)
    cast = BRAIN * outline.linear if number == BRAIN and recipe["weights"] == "fp32" else 0
    again = recipe["activation_checkpointing"]
    kept = layer + outline.layers * RECOMPUTED * outline.hidden if again else layer * outline.layers
    return tokens * kept + (cast / outline.layers if again else cast) + _head(outline, task, tokens)


def _head(outline: Outline, task: TaskSpec, tokens: int) -> float:
    """Of masked language modelling the logits, and gradients of the embeddings that come from them."""
    if not facts(task.kind).masked:
        return 0.0
    return MASKED * tokens * LOGIT * outline.embedding / outline.hidden + (FLOAT + BRAIN) * outline.embedding


def _tokens(task: TaskSpec, recipe: Values) -> int:
    """Those of a batch of the longest inputs."""
    known, batch, length = facts(task.kind), int(recipe["batch_size"]), _length(recipe)
    if issubclass(known.settings, RankTraining):
        return batch * (int(recipe["max_query"]) + (1 + int(recipe["hard_negatives"])) * length)
    return batch * length * (CHOICES if "choices" in known.columns else 1)


def _length(recipe: Values) -> int:
    """Of the longest inputs, in subword tokens; a plugin's recipe may not limit them."""
    return int(recipe.get("max_length", UNLIMITED))
