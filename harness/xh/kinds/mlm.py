"""Continued masked language modelling on running text in several languages (Devlin et al. 2018, arXiv 1810.04805)."""

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Any

import torch
from transformers import DataCollatorForLanguageModeling

from xh.kinds.base import Scores, check_texts, nothing, order
from xh.kinds.pieces import special_tokens
from xh.kinds.supervised import Collator, TrainedKind
from xh.kinds.windows import tokenised
from xh.model.body import inferring
from xh.model.collate import NO_LABEL, collate
from xh.model.memory import halving
from xh.model.precision import taken
from xh.spec import MissingError, StageError, TaskSpec
from xh.spec.examples import Columns, Examples, Features


class MaskedLM(TrainedKind):
    """Examples are lines of text, inputs are lines packed to ``max_length``; nothing is predicted, only learnt."""

    head = "AutoModelForMaskedLM"
    continues = True
    decode = predict = pairs = nothing

    def check(self, columns: Columns, task: TaskSpec, where: str) -> Columns:
        """The lines of all texts; empty and repeated ones are dropped."""
        check_texts(columns, ("text",), task, where)
        lines = dict.fromkeys(line.strip() for text in columns["text"] for line in text.splitlines())
        if not (kept := [line for line in lines if line]):
            raise MissingError(f"{where} has no text.", todo="Check that the file is the right one.")
        return {"text": kept}

    def features(self, examples: Examples, tokenizer: Any, recipe: Any, *, train: bool) -> Features:
        """Packed lines, as many of each language as the recipe's temperature says, in training."""
        lines = _chosen(examples, recipe.lines)
        texts = tokenised(tokenizer, [line for group in lines.values() for line in group])
        packs = {
            lang: list(packed([texts[line][0] for line in group], tokenizer, recipe.max_length))
            for lang, group in lines.items()
        }
        shares = shares_of({lang: len(pack) for lang, pack in packs.items()}, recipe.temperature if train else 1.0)
        return Features(
            {"input_ids": [ids for lang, pack in packs.items() for ids in islice(cycle(pack), shares[lang])]}
        )

    def collator(self, tokenizer: Any, recipe: Any, seed: int) -> Collator:
        """Masks 15 % of a batch's subword tokens: of these 80 % by the mask, 10 % by any other one, 10 % not at all."""
        if tokenizer.mask_token is None:
            raise StageError(
                "The encoder's tokenizer has no mask token.",
                todo="Choose an encoder trained with masked language modelling.",
            )
        return _Masker(DataCollatorForLanguageModeling(tokenizer), seed)

    def prepare(self, model: Any) -> None:
        """Have the head guess masked subword tokens only: over all of them it costs more than the encoder.

        From then on ``model`` must be given labels; its logits have one row for each that is not -100.
        """
        masked = torch.empty(0)

        def begin(_: Any, args: Any, inputs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            nonlocal masked
            masked = inputs["labels"] != NO_LABEL
            return args, inputs | {"labels": inputs["labels"][masked]}

        model.register_forward_pre_hook(begin, with_kwargs=True)
        model.get_output_embeddings().register_forward_pre_hook(lambda _, args: (args[0][masked],))

    def evaluate_dev(
        self, model: Any, tokenizer: Any, features: Features, examples: Examples, recipe: Any, task: TaskSpec
    ) -> Scores:
        """Accuracy on masked subword tokens in percent, with the mean loss in nats and its exponential."""
        mask = self.collator(tokenizer, recipe, seed=0)
        device, totals = model.device, Counter[str]()
        bf16 = taken(recipe.precision, device) == "bf16"

        def work(rows: list[int]) -> None:
            batch = mask([features[i] for i in rows])
            totals.update(_judged(model, {name: values.to(device) for name, values in batch.items()}))

        with inferring(model), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            for start in range(0, len(features), recipe.batch_size):
                halving(list(range(start, min(start + recipe.batch_size, len(features)))), work)
        loss = totals["loss"] / max(1, totals["masked"])
        accuracy = 100 * totals["right"] / max(1, totals["masked"])
        return {"accuracy": accuracy, "loss": loss, "perplexity": math.exp(loss)}


class _Masker:
    """The masks of a batch, at least one, follow from its inputs and the seed: a resumed training has them again."""

    def __init__(self, collator: DataCollatorForLanguageModeling, seed: int) -> None:
        self.collator, self.seed = collator, seed

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        content = zlib.crc32(repr([row["input_ids"] for row in rows]).encode(), self.seed)
        self.collator.generator = torch.Generator().manual_seed(content)
        inputs = collate(self.collator.tokenizer, rows)
        inputs["input_ids"], labels = self.collator.torch_mask_tokens(inputs["input_ids"])
        if (labels == NO_LABEL).all():  # the mean loss over nothing is not a number
            labels[0, 1] = inputs["input_ids"][0, 1]
        return {**inputs, "labels": labels}


def packed(lines: Sequence[list[int]], tokenizer: Any, max_length: int) -> Iterator[list[int]]:
    """Inputs of at most ``max_length`` subword tokens: whole lines as long as they fit, longer ones cut."""
    before, after = special_tokens(tokenizer)
    capacity = max_length - len(before) - len(after)
    inner: list[int] = []
    for line in lines:
        for start in range(0, len(line), capacity):
            piece = line[start : start + capacity]
            if inner and len(inner) + len(after) + len(piece) > capacity:
                yield [*before, *inner, *after]
                inner = []
            inner += [*after, *piece] if inner else piece
    if inner:
        yield [*before, *inner, *after]


def shares_of(sizes: dict[str, int], temperature: float) -> dict[str, int]:
    """How many inputs of each language to take, at least one: proportional to ``size ** (1 / temperature)``."""
    weights = {name: size ** (1 / temperature) for name, size in sizes.items()}
    total, whole = sum(sizes.values()), sum(weights.values())
    return {name: max(1, round(total * weight / whole)) for name, weight in weights.items()}


def _chosen(examples: Examples, lines: int) -> dict[str, list[str]]:
    """At most ``lines`` lines of each language, in a random order that is always the same."""
    found: dict[str, list[str]] = {}
    langs = examples.columns.get("lang") or [examples.lang] * len(examples)
    for lang, line in zip(langs, examples["text"], strict=True):
        found.setdefault(lang, []).append(line)
    return {lang: [group[i] for i in order(len(group))[:lines]] for lang, group in found.items()}


def _judged(model: Any, batch: dict[str, Any]) -> dict[str, float]:
    logits, labels = model(**batch).logits.float(), batch["labels"]
    wanted = labels[labels != NO_LABEL]
    loss = torch.nn.functional.cross_entropy(logits, wanted, reduction="sum")
    return {"masked": len(wanted), "loss": float(loss), "right": int((logits.argmax(-1) == wanted).sum())}
