"""The numbers of a training or a retrieval, with their defaults."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct, convert, defstruct

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]
Precision = Literal["auto", "bf16", "fp32"]
Weights = Literal["fp32", "bf16"]
Limits = Mapping[str, tuple[float | None, float | None]]
"""By a setting's name its lowest and its highest value."""
NONE: Limits = MappingProxyType({})
Policy = Literal["english-dev", "target-dev", "last"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
ORACLE: Policy = "target-dev"
"""The policy that knows what zero-shot transfer does not: data in the languages of the test."""


class Learning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fine-tuning with AdamW and linear decay.

    ``warmup``: steps, or a share of all steps when below 1. ``eval_every``: steps between two dev evaluations; 0: one
    an epoch. ``select``: ``english-dev`` keeps the best of these, ``target-dev`` the one with the best mean over the
    dev sets of the target's other languages, ``last`` the final weights, without dev evaluations. ``patience``: that
    many dev evaluations in a row without gain end the training, or where policies are compared the search; 0 never
    does. ``compare``: keep what each policy would, out of a whole training.
    ``precision``: ``auto`` takes bf16 where the hardware multiplies it faster. ``bidirectional``: each token of a
    decoder sees those behind it, too, from this training on.

    What saves memory: ``weights``: the format of the weights that are trained, bf16 takes half; it is that of matrix
    products, too. ``adapter``: ``lora`` trains the head and, in place of the body's linear layers, products of two
    matrices of ``lora_rank`` that are added to them (Hu et al. 2021, arXiv 2106.09685), ``lora_alpha / lora_rank``
    times, with ``lora_dropout``. What is handed on has them merged, in fp32. ``activation_checkpointing``: layers are
    computed again for their gradients; that is also what is done last where memory runs out. ``optimizer``:
    ``adamw_8bit`` keeps AdamW's moments in eight bits (Dettmers et al. 2021, arXiv 2110.02861), but for embeddings.
    """

    learning_rate: Annotated[float, Meta(gt=0, lt=1)] = 5e-5
    epochs: Annotated[float, Meta(gt=0, le=10_000)] = 2.0
    batch_size: Positive = 16
    warmup: Annotated[float, Meta(ge=0)] = 0.1
    weight_decay: Annotated[float, Meta(ge=0)] = 0.0
    clip: Annotated[float, Meta(gt=0)] = 1.0
    eval_every: NotNegative = 0
    select: Policy = "english-dev"
    patience: NotNegative = 0
    compare: bool = False
    precision: Precision = "auto"
    bidirectional: bool = False
    weights: Weights = "fp32"
    adapter: Literal["none", "lora"] = "none"
    lora_rank: Positive = 16
    lora_alpha: Annotated[float, Meta(gt=0)] = 32.0
    lora_dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.05
    activation_checkpointing: bool = False
    optimizer: Literal["adamw", "adamw_8bit"] = "adamw"

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies whose checkpoints are kept, the one that counts first."""
        return tuple(dict.fromkeys((self.select, *(POLICIES if self.compare else ()))))

    @property
    def evaluates_dev(self) -> bool:
        """Whether dev sets are evaluated."""
        return self.policies != ("last",)


class Training(Learning, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fine-tuning on one task; ``max_length``: subword tokens of an input."""

    max_length: Annotated[int, Meta(ge=8)] = 128


class PooledTraining(Training, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fine-tuning of a head that reads one vector of each input.

    ``pooling``: the tokens whose mean that is, as of :class:`Retrieval`. ``auto`` leaves it to transformers' class for
    the encoder; where there is none, and of decoders, it is the last token of a decoder, which alone has seen the
    others, and all tokens elsewhere. A pooling that is named has a linear head on every encoder.
    """

    pooling: Literal["auto", "mean", "words", "cls", "last"] = "auto"


class MultiTaskTraining(Learning, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fine-tuning on several tasks, one a batch, drawn in proportion to ``min(size, cap) ** (1 / temperature)``.

    ``text_share``: of the steps go to running text, where the mixture has any. ``parts``: the tasks' own settings.
    """

    cap: Positive | None = None
    temperature: Annotated[float, Meta(ge=1)] = 1.0
    text_share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    parts: dict[str, dict[str, Any]] = {}


class SpanTraining(Training, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Extractive QA (XTREME scripts/train_qa.sh): windows of the context, ``stride`` tokens from start to start.

    That is ``doc_stride`` of XTREME's third_party/processors/squad.py, as in BERT's SQuAD script. (The ``stride`` of a
    Hugging Face tokenizer is what neighbours share instead.)
    ``max_query`` subword tokens of the question are kept; decoding considers ``n_best`` starts and ends and answers
    of at most ``max_answer`` subword tokens.
    """

    max_length: Annotated[int, Meta(ge=32)] = 384
    stride: Positive = 128
    max_query: Positive = 64
    n_best: Positive = 20
    max_answer: Positive = 30


class TextTraining(Training, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Continued masked language modelling: lines are packed to ``max_length`` subword tokens.

    ``lines``: of each language at most. ``temperature``: languages are drawn in proportion to the
    ``1 / temperature``-th power of their size; 3.33 is XLM-R's exponent 0.3 (arXiv 1911.02116).
    """

    learning_rate: Annotated[float, Meta(gt=0, lt=1)] = 1e-5
    epochs: Annotated[float, Meta(gt=0, le=10_000)] = 1.0
    max_length: Annotated[int, Meta(ge=8)] = 256
    lines: Positive = 10_000
    temperature: Annotated[float, Meta(ge=1)] = 3.33


class RankTraining(Training, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A bi-encoder, which ranks candidates by the cosine of their vectors with a query's (XTREME-R's LAReQA).

    ``max_query`` and ``max_length``: subword tokens of a query and of a candidate. ``pooling``: what of the last hidden
    state is the vector; ``pooler`` is the encoder's own layer above the first token. A query's wrong answers are the
    other candidates of its batch, or of its ``group`` of that many rows of the batch; 0 is the whole batch.
    ``hard_negatives``: where the data have a row's own wrong answers at most so many are among them, for all queries.
    ``mask_equal``: a candidate that is the same text as the right one is no wrong answer. ``temperature``: what cosines
    are divided by in the loss; unset, they are multiplied by a number that is trained, 100 at first. ``index``: as of
    retrieval.
    """

    max_length: Annotated[int, Meta(ge=8)] = 256
    max_query: Annotated[int, Meta(ge=8)] = 96
    pooling: Literal["mean", "words", "cls", "last", "pooler"] = "mean"
    group: NotNegative = 0
    hard_negatives: NotNegative = 1
    mask_equal: bool = False
    temperature: Annotated[float, Meta(gt=0)] | None = None
    index: Literal["exact", "ivf", "hnsw"] = "exact"


class Encoding(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Vectors of sentences by an encoder that is not trained.

    ``pooling``: the tokens whose mean is taken; ``mean`` is XTREME's, with the special tokens, ``words`` has none of
    these, ``inner`` all but the first and the last token, ``cls`` the first, ``last`` the last. ``bidirectional``: each
    token of a decoder sees those behind it, too.
    """

    pooling: Literal["mean", "inner", "words", "cls", "last"] = "mean"
    max_length: Annotated[int, Meta(ge=8, le=8192)] = 512
    precision: Precision = "auto"
    bidirectional: bool = False


class Retrieval(Encoding, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Sentence vectors and how they are searched (XTREME scripts/run_tatoeba.sh, run_bucc2018.sh).

    ``layer``: hidden state H[layer], 0 = embeddings; unset: 8 of 12 and 14 of 24 layers, as XTREME's scripts, 0.6 of
    the depth elsewhere. ``search``: ``nearest`` takes each English sentence's nearest source sentence, ``mine`` finds
    the pairs by margin over ``k`` neighbours; ``threshold``: ``dev`` tunes it on the dev part, a number is taken as is.
    ``centred``: each language's vectors are taken less their mean (Libovický et al. 2020, arXiv 2004.05160).
    ``index``: ``exact``, or for millions of sentences ``ivf`` or ``hnsw``, which find 99 in 100 of the neighbours.
    """

    layer: NotNegative | None = None
    search: Literal["nearest", "mine"] = "nearest"
    margin: Literal["ratio", "distance", "absolute"] = "ratio"
    strategy: Literal["max", "intersect"] = "max"
    k: Positive = 4
    threshold: Literal["dev"] | float = "dev"
    centred: bool = False
    index: Literal["exact", "ivf", "hnsw"] = "exact"


class Representation(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Vectors of at most ``rows`` texts: hidden state H[layer], 0 = embeddings, unset: the last; pooled over tokens."""

    layer: NotNegative | None = None
    pooling: Literal["mean"] = "mean"
    max_length: Annotated[int, Meta(ge=8, le=8192)] = 128
    rows: Positive = 1000
    precision: Precision = "auto"


Recipe = Learning | Encoding
Values = dict[str, Any]


def like(settings: Values, values: Values, limits: Limits = NONE) -> Any:
    """``values`` as a record with attributes, each of the type that it has in ``settings``, which has the others.

    Raises ``msgspec.ValidationError`` for another type, beyond its ``limits``, and for a name that is not there.
    """
    fields = [(name, _within(type(value), *limits.get(name, (None, None))), value) for name, value in settings.items()]
    return convert(values, defstruct("Settings", fields, frozen=True, kw_only=True, forbid_unknown_fields=True))


def _within(kind: type, lowest: float | None, highest: float | None) -> Any:
    """The type of the values of a kind in these limits."""
    bounds = {name: kind(bound) for name, bound in (("ge", lowest), ("le", highest)) if bound is not None}
    return Annotated[kind, Meta(**bounds)] if bounds else kind
