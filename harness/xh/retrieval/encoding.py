"""Sentence vectors: one hidden state of an encoder, pooled over the tokens of each sentence.

Source: XTREME `third_party/evaluate_retrieval.py`, `scripts/run_tatoeba.sh` and `scripts/run_bucc2018.sh`, which count
layers differently: their index 7 of 12 is the output of the eighth layer, here `layer=8`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from xh.model.body import body_of, by_onednn, depth, hidden_state, inferring, placed, position_limit, truncated
from xh.model.memory import halving
from xh.model.pooling import POOLINGS, mean_over, special_ids
from xh.model.precision import fast_onednn, working_device, working_dtype
from xh.model.weights import load_encoder

Model = str | PathLike[str] | nn.Module


def encode(
    model: Model,
    sentences: Sequence[str],
    *,
    layer: int | None = None,
    pooling: str = "mean",
    max_length: int = 512,
    dtype: str | torch.dtype = "auto",
    tokenizer: PreTrainedTokenizerBase | None = None,
    batch_tokens: int | None = None,
    out: NDArray[np.float32] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """Return one vector per sentence, float32 [n, d], not normalised.

    `model` is what `--model` takes (`mini`, another plugin's encoder, a folder, `id` or `id@revision` on the Hub), or a
    loaded torch module, which is neither changed nor left in another mode. `layer` is the hidden state to read: 0 the
    embeddings, k the output of layer k, None the last; in BERT, RoBERTa, XLM-R and their kin the layers above it are
    not run. Each distinct sentence is encoded once. `pooling` is `mean` over all tokens with the special ones, `inner`
    the mean without the first and the last one, `words` that without all special ones, or the state of one token, `cls`
    the first and `last` the last. Sentences are cut to `max_length` tokens, special ones included, and to what the
    model's positions allow. `dtype` is `auto` (bfloat16 where the hardware is
    faster with it), a name or a torch type; pooling is in float32 always. `tokenizer` is by default the one in the
    model's folder. A batch holds at most `batch_tokens` tokens, padding included, or one sentence; None suits the
    device. Runs on CUDA if there is one. `out` [n, d] takes the vectors, such as a numpy.memmap for more than the
    memory holds; by default a new array. `progress` is called after each batch with the numbers of sentences that are
    encoded and that are to be.

    Raises ValueError for a layer or pooling that does not exist, an `out` of another shape, or a module without a
    folder of its own when no `tokenizer` is given; MissingError for an encoder that can't be found or fetched, or whose
    weights are not those of its config.
    """
    found = _Encoder(model, pooling, dtype, tokenizer)
    layer = _checked_layer(layer, depth(found.whole))
    body = found.placed(truncated(found.whole, layer))
    shape = len(sentences), body.config.hidden_size
    vectors = np.empty(shape, np.float32) if out is None else out
    if vectors.shape != shape:
        raise ValueError(f"out is of shape {vectors.shape}, the vectors are of {shape}")

    def states(ids: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
        return [hidden_state(body, layer, ids, mask)]

    found.fill([vectors], body, states, sentences, max_length, batch_tokens, progress)
    return vectors


def encode_layers(
    model: Model,
    sentences: Sequence[str],
    *,
    pooling: str = "mean",
    max_length: int = 512,
    dtype: str | torch.dtype = "auto",
    tokenizer: PreTrainedTokenizerBase | None = None,
    batch_tokens: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """Return the vectors that :func:`encode` gives with each layer, [layers + 1, n, d], from one pass of the encoder.

    The first are of the embeddings. All arguments are those of :func:`encode`, and so are the errors.
    """
    found = _Encoder(model, pooling, dtype, tokenizer)
    body = found.placed(found.whole)
    vectors = np.empty((depth(body) + 1, len(sentences), body.config.hidden_size), np.float32)

    def states(ids: torch.Tensor, mask: torch.Tensor) -> Sequence[torch.Tensor]:
        output = body(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        return (*output.hidden_states[:-1], output.last_hidden_state)

    found.fill(vectors, body, states, sentences, max_length, batch_tokens, progress)
    return vectors


class _Encoder:
    """An encoder that is loaded, and how its hidden states become vectors."""

    def __init__(
        self, model: Model, pooling: str, dtype: str | torch.dtype, tokenizer: PreTrainedTokenizerBase | None
    ) -> None:
        if pooling not in POOLINGS:
            raise ValueError(f"unknown pooling {pooling!r}: choose one of {', '.join(POOLINGS)}")
        self.device = working_device()
        self.number = working_dtype(dtype, self.device)
        loaded, own = (model, None) if isinstance(model, nn.Module) else load_encoder(str(model))
        self.whole = body_of(loaded)
        self.tokenizer = tokenizer or own or _own_tokenizer(loaded)
        self.pooling = POOLINGS[pooling]

    def placed(self, body: PreTrainedModel) -> PreTrainedModel:
        """The body where it works, as it works fastest."""
        body = placed(body, self.number, self.device)
        return by_onednn(body) if self.number == torch.float32 and fast_onednn(self.device) else body

    def fill(
        self,
        out: Iterable[NDArray[np.float32]],
        body: PreTrainedModel,
        states: Callable[[torch.Tensor, torch.Tensor], Iterable[torch.Tensor]],
        sentences: Sequence[str],
        max_length: int,
        batch_tokens: int | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Write the vectors [n, d] of each of the states [batch, length, d] of token ids and mask [batch, length]."""
        first: dict[str, int] = {}
        for row, sentence in enumerate(sentences):
            first.setdefault(sentence, row)
        tokens = _token_ids(self.tokenizer, list(first), min(max_length, position_limit(body) or max_length))
        rows, special = np.fromiter(first.values(), np.intp, len(first)), special_ids(self.tokenizer)
        padding = self.tokenizer.pad_token_id or 0

        def work(batch: list[int]) -> None:
            ids, mask = _padded([tokens[place] for place in batch], padding, self.device)
            chosen = self.pooling(ids, mask, special)
            for vectors, state in zip(out, states(ids, mask), strict=True):
                vectors[rows[batch]] = mean_over(state, chosen).cpu().numpy()

        done = 0
        with inferring(body):
            for batch in batches([len(ids) for ids in tokens], batch_tokens or _BATCH_TOKENS[self.device.type]):
                halving(batch, work)
                done += len(batch)
                if progress:
                    progress(done, len(first))
        again = [row for row, sentence in enumerate(sentences) if first[sentence] != row]
        for vectors in out:
            vectors[again] = vectors[[first[sentences[row]] for row in again]]


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield the positions of `lengths`, longest first, in groups that padded hold `budget` tokens or one sentence."""
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    start = 0
    while start < len(order):
        size = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


_BATCH_TOKENS = {"cpu": 1024, "cuda": 32768}
"""On a CPU a batch should stay in its caches; the figure for CUDA is a guess that fits cards of 8 GB."""

_TOKENISED = 10_000
"""Sentences that are tokenised in one go."""


def _checked_layer(layer: int | None, last: int) -> int:
    layer = last if layer is None else layer
    if not 0 <= layer <= last:
        raise ValueError(f"layer {layer} does not exist: this encoder has layers 0 (the embeddings) to {last}")
    return layer


def _own_tokenizer(model: nn.Module) -> PreTrainedTokenizerBase:
    source = getattr(model, "name_or_path", "")
    if not source:
        raise ValueError("this module comes from no folder that could hold its tokenizer: give one as tokenizer=")
    return AutoTokenizer.from_pretrained(source)


def _token_ids(tokenizer: PreTrainedTokenizerBase, sentences: list[str], max_length: int) -> list[NDArray[np.int32]]:
    """The token ids of each sentence, as arrays: lists of a million sentences' tokens would take gigabytes."""
    found: list[NDArray[np.int32]] = []
    for start in range(0, len(sentences), _TOKENISED):
        part = tokenizer(sentences[start : start + _TOKENISED], truncation=True, max_length=max_length)
        found += [np.array(ids, np.int32) for ids in part["input_ids"]]
    return found


def _padded(rows: list[NDArray[np.int32]], padding: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask [batch, length], padded at the end."""
    ids = pad_sequence([torch.from_numpy(row).long() for row in rows], batch_first=True, padding_value=padding)
    lengths = torch.tensor([len(row) for row in rows])
    mask = torch.arange(ids.shape[1]) < lengths[:, None]
    return ids.to(device), mask.long().to(device)
