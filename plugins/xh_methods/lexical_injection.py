"""Lexical injection: words and their translations are drawn together at a chosen layer, through LoRA, beside the task.

Source: Ngugi 2025 (arXiv 2506.15415) draws 623 Swahili-English pairs together at layer 2 of a Llama: vectors are the
mean over a word's tokens, of length 1; a triplet loss holds the translation against another word; adapters of rank 16,
alpha 32 and dropout 0.05 are in the projections of queries and values. So a summary of the paper says
(themoonlight.io); unverified are the margin, the choice of the other word, and the training's own settings. Here the
other word is the translation of the next pair of a batch, distances are one less the cosine, and the loss is added to
the task's: it moves nothing but the adapters, which are in the layers up to the chosen one, while the task trains all
that it trains without the method.
"""

from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import cosine_similarity
from torch.nn.utils.rnn import pad_sequence

from xh.api import ADAPTER, Method, StageError, TrainingSetup, TrainJob, add_adapters, body_of, layers_of
from xh_methods.dictionary import dictionaries

PROJECTIONS = ("query", "value", "q_proj", "v_proj", "q_lin", "v_lin", "q", "v")
"""What linear layers of queries and values are called in BERT and its kin, in Llama, DistilBERT and T5."""
LONGEST = 32
"""Subword tokens of a word."""


class LexicalInjection(Method):
    """``dictionary`` as of code-switch; ``layer``: 1 is the first; ``pairs`` of words go with each batch.

    Where the recipe has adapters of its own (``adapter=lora``) these take the pull. Frozen layers need none.
    """

    words: dict[str, Tensor] | None = None
    pulled: Tensor | None = None

    def setup(self, setup: TrainingSetup, job: TrainJob) -> TrainingSetup:
        """Adapters in the body, and a loss with the pull of some pairs of words.

        Raises :class:`StageError` where the encoder lacks the layer, or projections that are known.
        """
        body = body_of(setup.model)
        self._adapt(body)
        body.register_forward_hook(self._pull, with_kwargs=True)
        pairs = self._pairs(setup.tokenizer, job.language)
        before = setup.loss

        def loss(model: Any, inputs: dict[str, Any]) -> Tensor:
            drawn = torch.randint(len(pairs), (self.settings.pairs,)).tolist()
            texts = [*(pairs[i][0] for i in drawn), *(pairs[i][1] for i in drawn)]
            self.words, self.pulled = _padded(texts, setup.tokenizer.pad_token_id), None
            found: Tensor = before(model, inputs)
            if self.pulled is None:
                raise StageError("lexical-injection saw no pass of the encoder.", todo="Leave it out for this task.")
            return found + self.settings.weight * self.pulled

        setup.loss = loss
        return setup

    def _pull(self, body: Any, _: Any, __: Any, output: Any) -> None:
        """Behind the first pass of the body in a step, read the words, with all weights but the adapters' fixed."""
        if self.words is None:
            return
        words = {name: values.to(next(body.parameters()).device) for name, values in self.words.items()}
        self.words = None
        weights = {name: weight if ADAPTER in name else weight.detach() for name, weight in body.named_parameters()}
        states: list[Tensor] = []
        layer = layers_of(body)[self.settings.layer - 1]
        handle = layer.register_forward_hook(lambda *call: states.append(call[-1]))
        functional_call(body, weights, kwargs=words)
        handle.remove()
        state = states[0] if isinstance(states[0], Tensor) else states[0][0]
        mask = words["attention_mask"].unsqueeze(-1)
        vectors = (state.float() * mask).sum(1) / mask.sum(1)
        one, other = vectors.chunk(2)
        self.pulled = triplet(one, other, self.settings.margin)

    def _adapt(self, body: Any) -> None:
        layers, wanted = layers_of(body), self.settings.layer
        if not 1 <= wanted <= len(layers):
            todo = f"Choose --set lexical-injection.layer between 1 and {len(layers)}."
            raise StageError(f"This encoder has no layer {wanted}.", todo=todo)
        if any(ADAPTER in name for name, _ in body.named_parameters()):
            return
        within = set(chain.from_iterable(layer.modules() for layer in layers[:wanted]))
        names = [
            name for name, module in body.named_modules() if module in within and name.rpartition(".")[2] in PROJECTIONS
        ]
        if not names:
            raise StageError(f"{type(body).__name__} has no projections of queries and values by a known name.")
        add_adapters(body, names, self.settings.rank, self.settings.lora_alpha, self.settings.dropout)

    def _pairs(self, tokenizer: Any, language: str) -> list[tuple[list[int], list[int]]]:
        """Each word and each of its translations, as token ids."""
        pairs = [
            (word, translation)
            for words in dictionaries(self.settings.dictionary, language).values()
            for word, translations in words.items()
            for translation in translations
        ]
        sides = (
            tokenizer(list(side), truncation=True, max_length=LONGEST)["input_ids"] for side in zip(*pairs, strict=True)
        )
        return list(zip(*sides, strict=True))


def triplet(words: Tensor, translations: Tensor, margin: float) -> Tensor:
    """The mean of ``max(0, cos(word, other translation) - cos(word, translation) + margin)`` over pairs [n, d]."""
    near, far = cosine_similarity(words, translations), cosine_similarity(words, translations.roll(1, 0))
    return (far - near + margin).clamp(min=0).mean()


def _padded(texts: list[list[int]], padding: int) -> dict[str, Tensor]:
    rows = [torch.tensor(text) for text in texts]
    ids = pad_sequence(rows, batch_first=True, padding_value=padding)
    return {"input_ids": ids, "attention_mask": pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)}
