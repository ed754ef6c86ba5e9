"""SALT: code-switching and embedding mixup from the encoder's own predictions, without outside data.

Source: Wang et al. 2023 (arXiv 2309.10891). Their repository holds no code, and of the paper no more than the abstract
could be read, so these are unverified, and xh's own: a subword token's candidates are the masked LM's ``candidates``
likeliest others at its place, with the token itself in sight, so that they mean what it means; a ``ratio`` of tokens is
switched, anew in each epoch; the input embeddings of a text and of its switched version are mixed, with a weight for
each text from Beta(``alpha``, ``alpha``); labels stay.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Beta
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from xh.api import Method, StageError, TrainingSetup, TrainJob, body_of, load_body, load_with_head, working_device

SWITCHED = "switched"
LOGITS = 2**26
"""Numbers that the masked LM gives at a time: 256 MB."""

Ids = Any
"""The token ids of an input: a list of numbers, or of such lists where an input has several texts."""
Predict = Callable[[Sequence[Sequence[int]]], list[Any]]


class Salt(Method):
    """The encoder's masked LM predicts once before a training; an encoder that has none reads its own embeddings.

    It does so for target trainings too, with the encoder that the intermediate task began with.
    """

    texts: tuple[Tensor, Tensor] | None = None
    """The token ids of the batch that the loss is of, and their switched version."""

    def adapt(self, model: Any) -> Any:
        """Have the input embeddings mix what the loss tells them to."""
        body_of(model).get_input_embeddings().register_forward_hook(self._mixed)
        return model

    def setup(self, setup: TrainingSetup, job: TrainJob) -> TrainingSetup:
        """Batches with a switched version of their texts, and the loss of both mixed."""
        if job.kind.whole_batches:
            raise StageError("salt can't train a bi-encoder.", todo="Leave the method out for this task.")
        predict = Candidates(job, self.settings.candidates)
        setup.train = Switched(setup.train, predict, self.settings.ratio, lambda epoch: self._seed(job, epoch))
        collate, before = setup.collate, setup.loss
        padding = setup.tokenizer.pad_token_id

        def loss(model: Any, inputs: dict[str, Any]) -> Tensor:
            self.texts = inputs["input_ids"], inputs[SWITCHED]
            try:
                found: Tensor = before(model, {name: value for name, value in inputs.items() if name != SWITCHED})
                return found
            finally:
                self.texts = None

        setup.collate = lambda rows: with_switched(collate, rows, padding)
        setup.loss = loss
        return setup

    def _seed(self, job: TrainJob, epoch: int) -> int:
        return self.random(job, epoch).getrandbits(63)

    def _mixed(self, embeddings: Any, inputs: Any, output: Tensor) -> Tensor:
        """Embeddings [texts, length, d] of the texts, mixed with those of their switched versions."""
        ids, switched = self.texts or (None, None)
        if ids is None or switched is None or not torch.equal(ids.flatten(), inputs[0].flatten()):
            return output
        share = Beta(self.settings.alpha, self.settings.alpha).sample((len(output), 1, 1)).to(output)
        other = embeddings.forward(switched.view(inputs[0].shape))
        found: Tensor = share * output + (1 - share) * other
        return found


class Switched(Dataset[dict[str, Any]]):
    """Inputs with a switched version of each, another in every epoch."""

    def __init__(self, inputs: Any, predict: Predict, ratio: float, seed: Callable[[int], int]) -> None:
        self.inputs, self.predict, self.ratio, self.seed = inputs, predict, ratio, seed
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Have the versions of this epoch, which follow from its number alone."""
        self.epoch = self.seed(epoch)
        changing = hasattr(self.inputs, "set_epoch")
        if changing:
            self.inputs.set_epoch(epoch)
        if changing or not hasattr(self, "candidates"):
            texts = [text for i in range(len(self)) for text in _texts(self.inputs[i]["input_ids"])]
            self.candidates = self.predict(texts)
            self.starts = np.cumsum([0, *(len(_texts(self.inputs[i]["input_ids"])) for i in range(len(self)))])

    @property
    def lengths(self) -> Any:
        """Subword tokens of each input."""
        return self.inputs.lengths

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row: dict[str, Any] = self.inputs[index]
        chance = np.random.default_rng((self.epoch, index))
        texts = _texts(row["input_ids"])
        found = [
            self._switched(ids, self.candidates[self.starts[index] + place], chance) for place, ids in enumerate(texts)
        ]
        return row | {SWITCHED: found if texts is row["input_ids"] else found[0]}

    def _switched(self, ids: Sequence[int], candidates: Any, chance: np.random.Generator) -> list[int]:
        chosen = candidates[np.arange(len(ids)), chance.integers(candidates.shape[1], size=len(ids))]
        switched = (chance.random(len(ids)) < self.ratio) & (chosen >= 0)
        found: list[int] = np.where(switched, chosen, ids).tolist()
        return found


class Candidates:
    """For each token of a text the likeliest other ones by the masked LM, [length, count]; -1 at special tokens."""

    def __init__(self, job: TrainJob, count: int) -> None:
        self.job, self.count = job, count

    def __call__(self, texts: Sequence[Sequence[int]]) -> list[Any]:
        """What is predicted for texts, by the encoder that all trainings of this way began with."""
        model, tokenizer = self._model()
        special = torch.tensor(tokenizer.all_special_ids, device=working_device())
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        found: list[Any] = [None] * len(texts)
        while order:
            size = max(1, LOGITS // len(tokenizer) // len(texts[order[-1]]))
            batch, order = order[-size:], order[:-size]
            rows = [torch.tensor(texts[place]) for place in batch]
            for place, made in zip(batch, self._predicted(model, rows, special), strict=True):
                found[place] = made
        return found

    def _predicted(self, model: Any, rows: list[Tensor], special: Tensor) -> list[Any]:
        ids = pad_sequence(rows, batch_first=True).to(special.device)
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True).to(special.device)
        with torch.inference_mode():
            logits = model(ids, mask)
            logits[..., special] = -torch.inf
            best = logits.scatter_(-1, ids.unsqueeze(-1), -torch.inf).topk(self.count).indices
        best = best.masked_fill(torch.isin(ids, special).unsqueeze(-1), -1)
        return [each[: len(row)].to(torch.int32).cpu().numpy() for each, row in zip(best, rows, strict=True)]

    def _model(self) -> tuple[Any, Any]:
        """From token ids and mask to logits over the vocabulary, and the tokenizer."""
        folder, trust = self.job.encoder, self.job.locations.trust_remote_code
        if found := load_with_head(folder, "AutoModelForMaskedLM", trust):
            whole, tokenizer = found
            whole.eval().to(working_device())
            return lambda ids, mask: whole(input_ids=ids, attention_mask=mask).logits, tokenizer
        self.job.log({"message": "salt: the encoder has no masked LM; predictions are read off by its embeddings"})
        body, tokenizer = load_body(folder, trust)
        body.eval().to(working_device())
        words = body.get_input_embeddings().weight
        return lambda ids, mask: body(input_ids=ids, attention_mask=mask).last_hidden_state @ words.T, tokenizer


def with_switched(collate: Callable[[Sequence[Any]], dict[str, Any]], rows: Sequence[Any], padding: int) -> Any:
    """A batch with switched texts of the shape of its own; what the collator masked stays masked."""
    batch = collate([{name: value for name, value in row.items() if name != SWITCHED} for row in rows])
    ids = batch["input_ids"]
    original, switched = (
        pad_sequence(
            [torch.tensor(text) for row in rows for text in _texts(row[name])], batch_first=True, padding_value=padding
        ).view(ids.shape)
        for name in ("input_ids", SWITCHED)
    )
    return batch | {SWITCHED: torch.where(ids == original, switched, ids)}


def _texts(ids: Ids) -> Sequence[Sequence[int]]:
    """The texts of an input: one, or those of its choices."""
    return ids if np.ndim(ids[0]) else [ids]
