"""Whether an encoder can do a task with a recipe, as far as its config tells."""

from collections.abc import Iterator
from importlib.util import find_spec

from xh.data.architectures import Architecture, architecture
from xh.data.encoder import Encoder
from xh.spec import Encoding, Retrieval, TaskSpec, Training, UsageError
from xh.spec.kinds import facts
from xh.spec.recipe import Learning, RankTraining, Recipe


def check_fit(encoder: Encoder, task: TaskSpec, recipe: Recipe, trusted: bool) -> None:
    """Raise for what the encoder lacks: a class in transformers, a head, a pooler, layers, positions.

    ``trusted``: code beside the encoder is run, of which nothing is known.
    """
    name = encoder.config.get("model_type")
    if isinstance(name, str) and not (trusted and "auto_map" in encoder.config):
        for why, todo in _lacking(architecture(name), encoder, task, recipe):
            raise UsageError(f"Encoder {encoder.name} can't do task {task.name}.", why=why, todo=todo)
    if isinstance(recipe, Learning):
        _check_saving(task, recipe)
    layers, positions = encoder.layers, encoder.positions
    if isinstance(recipe, Retrieval) and recipe.layer is not None and layers is not None and recipe.layer > layers:
        raise UsageError(
            f"{task.name}.layer = {recipe.layer}, but the encoder has {layers} layers.",
            todo=f"Use --set {task.name}.layer=0 … {layers} (0 is the embeddings).",
        )
    if positions is not None and isinstance(recipe, Training | Encoding) and recipe.max_length > positions:
        raise UsageError(
            f"{task.name}.max_length = {recipe.max_length}, but the encoder takes {positions} subword tokens.",
            todo=f"Use --set {task.name}.max_length={positions}, or less.",
        )


def _check_saving(task: TaskSpec, recipe: Learning) -> None:
    """Raise for settings that save memory and can't be met."""
    if recipe.adapter == "lora" and not find_spec("peft"):
        raise UsageError(f"{task.name}.adapter = 'lora' needs peft.", todo="Install it: pip install 'xh[lora]'")
    if recipe.optimizer == "adamw_8bit" and not find_spec("bitsandbytes"):
        todo = "Install it: pip install 'xh[8bit]'"
        raise UsageError(f"{task.name}.optimizer = 'adamw_8bit' needs bitsandbytes.", todo=todo)
    if recipe.weights == "bf16" and recipe.precision == "fp32":
        todo = f"Add --set {task.name}.precision=bf16."
        raise UsageError(f"{task.name}.weights = 'bf16' goes with matrix products in bf16, not in fp32.", todo=todo)


def _lacking(found: Architecture, encoder: Encoder, task: TaskSpec, recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What is missing, and what to do."""
    if not found.known:
        remote = "auto_map" in encoder.config
        why = "; its own code could, but is not trusted" if remote else ""
        todo = "Add --trust-remote-code if you trust it." if remote else "Choose an encoder of another type."
        yield f"The installed transformers has no model of the type {found.name!r}{why}.", todo
    if "vision_config" in encoder.config:
        yield f"It reads images too (type {found.name!r}): xh takes models of text.", "Choose one of text only."
    if facts(task.kind).masked and not found.has("AutoModelForMaskedLM"):
        what = "a decoder" if found.decoder else "half of an encoder-decoder" if found.half else "without such a class"
        why = f"It needs a head of masked language modelling; the type {found.name!r} is {what} in transformers."
        yield why, "Leave the task out for this encoder, or choose one that was trained with masks."
    if isinstance(recipe, RankTraining) and recipe.pooling == "pooler" and not found.pooler:
        yield f"The type {found.name!r} has no pooler.", f"Use another one, e.g. --set {task.name}.pooling=mean."
    if isinstance(recipe, Learning | Encoding) and recipe.bidirectional and not found.decoder:
        yield f"The type {found.name!r} is no decoder: its tokens see one another.", "Leave out bidirectional=true."
