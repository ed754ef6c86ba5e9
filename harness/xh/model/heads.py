"""Heads: transformers' own by the name of their class, and four that fit any body."""

import copy
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from transformers.modeling_outputs import QuestionAnsweringModelOutput, SequenceClassifierOutput

from xh.data.architectures import architecture
from xh.model.collate import NO_LABEL
from xh.model.once import OnceStored
from xh.model.pooling import POOLINGS, mean_over, special_ids
from xh.spec import MissingError
from xh.spec.reference import resolve

POOLER = ("pooler.",)
POOLED = ("AutoModelForSequenceClassification", "AutoModelForMultipleChoice")
"""Classes whose head reads one vector of each input."""
POOLING, SPECIAL = "xh_pooling", "xh_special_ids"
"""Where a body's config says what is read of a text, and which tokens are no words."""
HEAD = "head.safetensors"
"""Where a :class:`HeadedModel` keeps its head, beside the body's own files."""


def head_class(name: str) -> Any:
    """A model class: one of transformers by its name, any other one as ``"module:Class"``."""
    return resolve(name if ":" in name else f"transformers:{name}")


def with_new_head(name: str, body: Any, options: dict[str, Any]) -> Any:
    """A model of the class ``name`` with the body's weights and a new head in float32; ``options`` are its config's.

    Where transformers has no such class for the body, or a pooling was asked for, it is one of the heads below. Raises
    :class:`MissingError` unless it takes every weight of the body.
    """
    config = copy.deepcopy(body.config)
    remote = type(body).__module__.startswith("transformers_modules.")
    there = remote or not name.startswith("Auto") or architecture(config.model_type).has(name)
    if not there or (name in POOLED and hasattr(config, POOLING)):
        return _own_head(name, body, options)
    for option, value in options.items():
        setattr(config, option, value)
    made = head_class(name)
    trusted = {"trust_remote_code": True} if remote else {}
    model = made.from_config(config, dtype=body.dtype, **trusted) if name.startswith("Auto") else made(config)
    result = model.base_model.load_state_dict(body.state_dict(), strict=False)
    if lost := [each for each in (*result.missing_keys, *result.unexpected_keys) if not each.startswith(POOLER)]:
        raise MissingError(f"{name} does not take this body.", why=f"Left over: {', '.join(lost[:3])}.")
    within = {*map(id, model.base_model.parameters())}
    for weight in (each for each in model.parameters() if id(each) not in within):
        weight.data = weight.data.float()
    return model


def _own_head(name: str, body: Any, options: dict[str, Any]) -> Any:
    outputs = options.get("num_labels") or len(options.get("id2label", "  "))
    heads: dict[str, Callable[[], Any]] = {
        "AutoModelForSequenceClassification": lambda: PooledHead(body, outputs),
        "AutoModelForTokenClassification": lambda: TokenHead(body, outputs),
        "AutoModelForQuestionAnswering": lambda: SpanHead(body),
        "AutoModelForMultipleChoice": lambda: ChoiceHead(body),
    }
    if name not in heads or options.get("problem_type") == "multi_label_classification":
        what = f"transformers has no {name} for the type {body.config.model_type!r}"
        raise MissingError(f"{what}, and xh no head of its own.", todo="Choose another encoder for this task.")
    return heads[name]()


def pool(body: Any, tokenizer: Any, pooling: str) -> None:
    """Note in the body's config what the heads below read of a text; ``auto`` leaves it to them."""
    for key in (POOLING, SPECIAL):
        if hasattr(body.config, key):
            delattr(body.config, key)
    if pooling != "auto":
        setattr(body.config, POOLING, pooling)
        setattr(body.config, SPECIAL, special_ids(tokenizer).tolist())


def _is_causal(body: Any) -> bool:
    return architecture(body.config.model_type).decoder and getattr(body.config, "is_causal", True)


class HeadedModel(OnceStored):
    """A body and a linear head with ``outputs`` numbers, which is new; for any body that has a last hidden state.

    Called with a batch, it gives a loss, where that has labels, and then the head's outputs. Saved, it is a Hugging
    Face folder of the body, and a file with the head. What is pooled is the mean over the tokens that :func:`pool`
    noted; else over all, of a decoder over the last, which alone has seen the others.
    """

    base_model_prefix = "body"

    def __init__(self, body: Any, outputs: int) -> None:
        super().__init__()
        self.body = body
        self.dropout = nn.Dropout(getattr(body.config, "hidden_dropout_prob", 0.1))
        self.head = nn.Linear(body.config.hidden_size, outputs)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        self.pooling = getattr(body.config, POOLING, "last" if _is_causal(body) else "mean")
        self.special = torch.tensor(getattr(body.config, SPECIAL, []), dtype=torch.long)

    @property
    def base_model(self) -> Any:
        """The body."""
        return self.body

    @property
    def config(self) -> Any:
        """The body's config."""
        return self.body.config

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return self.head.weight.device

    def tie_weights(self) -> None:
        """Nothing: the head shares no weights with the body."""

    def set_attn_implementation(self, name: str) -> None:
        """Have the body use another implementation of attention."""
        self.body.set_attn_implementation(name)

    def states(self, **inputs: torch.Tensor) -> torch.Tensor:
        """The last hidden states [batch, length, d]."""
        found: torch.Tensor = self.dropout(self.body(**inputs).last_hidden_state)
        return found

    def pooled(self, attention_mask: torch.Tensor, input_ids: torch.Tensor, **inputs: torch.Tensor) -> torch.Tensor:
        """The head's outputs for the mean of each input's last hidden states, over some of the tokens."""
        states = self.states(attention_mask=attention_mask, input_ids=input_ids, **inputs)
        chosen = POOLINGS[self.pooling](input_ids, attention_mask, self.special)
        found: torch.Tensor = self.head(mean_over(states, chosen))
        return found

    def save_pretrained(self, folder: str | PathLike[str]) -> None:
        """Write the body's files, and one of all other weights."""
        self.body.save_pretrained(folder)
        save_file(self._others(), Path(folder) / HEAD)

    def load_head(self, folder: str | PathLike[str]) -> None:
        """Take the head that :meth:`save_pretrained` wrote; raises :class:`MissingError` if it is another one."""
        try:
            found = load_file(Path(folder) / HEAD)
            self.load_state_dict(self.state_dict() | found)
            if lost := self._others().keys() - found.keys():
                raise ValueError(f"missing: {', '.join(sorted(lost))}")
        except (RuntimeError, OSError, ValueError) as error:
            why = " ".join(str(error).split())
            raise MissingError(f"The head in {folder} does not match its kind.", why=why) from error

    def _others(self) -> dict[str, torch.Tensor]:
        """The weights outside of the body: the head's, and those that a method adds."""
        state = self.state_dict().items()
        return {name: weight.contiguous() for name, weight in state if not name.startswith("body.")}


class PooledHead(HeadedModel):
    """``outputs`` numbers for an input; with labels that are integers their classes, else numbers to be met."""

    def forward(self, labels: torch.Tensor | None = None, **inputs: torch.Tensor) -> SequenceClassifierOutput:
        """Logits [batch, outputs]; cross entropy, or the mean squared error."""
        logits = self.pooled(**inputs)
        if labels is None:
            return SequenceClassifierOutput(logits=logits)
        loss = mse_loss(logits, labels.view_as(logits)) if labels.is_floating_point() else cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)


class TokenHead(HeadedModel):
    """``outputs`` classes for each subword token; the label -100 is none."""

    def forward(self, labels: torch.Tensor | None = None, **inputs: torch.Tensor) -> SequenceClassifierOutput:
        """Logits [batch, length, outputs]; cross entropy."""
        logits = self.head(self.states(**inputs))
        loss = None if labels is None else cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=NO_LABEL)
        return SequenceClassifierOutput(loss=loss, logits=logits)


class SpanHead(HeadedModel):
    """Where a span begins and where it ends."""

    def __init__(self, body: Any) -> None:
        super().__init__(body, 2)

    def forward(
        self,
        start_positions: torch.Tensor | None = None,
        end_positions: torch.Tensor | None = None,
        **inputs: torch.Tensor,
    ) -> QuestionAnsweringModelOutput:
        """Start and end logits [batch, length]; the mean of their cross entropies."""
        start, end = self.head(self.states(**inputs)).unbind(-1)
        if start_positions is None or end_positions is None:
            return QuestionAnsweringModelOutput(start_logits=start, end_logits=end)
        loss = (cross_entropy(start, start_positions) + cross_entropy(end, end_positions)) / 2
        return QuestionAnsweringModelOutput(loss=loss, start_logits=start, end_logits=end)


class ChoiceHead(HeadedModel):
    """Which of several inputs it is; a batch is [batch, choices, length]."""

    def __init__(self, body: Any) -> None:
        super().__init__(body, 1)

    def forward(self, labels: torch.Tensor | None = None, **inputs: torch.Tensor) -> SequenceClassifierOutput:
        """Logits [batch, choices]; cross entropy."""
        shape = inputs["input_ids"].shape[:2]
        logits = self.pooled(**{name: values.flatten(0, 1) for name, values in inputs.items()}).view(shape)
        loss = None if labels is None else cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)
