"""Tokenizers of both styles, and rows of the sample set in several scripts."""

import pytest
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from helpers.sampleset import read_questions, read_rows
from xh.mini import ENCODER
from xh.model.tokenizer import load_tokenizer


@pytest.fixture(scope="session")
def training_questions():
    return read_rows("rajpurkar/squad/plain_text/train.jsonl")


@pytest.fixture(scope="session")
def mini():
    """The embedded encoder's tokenizer: `<s> a </s></s> b </s>`, no token types."""
    return load_tokenizer(ENCODER)


@pytest.fixture(scope="session")
def bert():
    """`[CLS] a [SEP] b [SEP]` with token types; words of several letters, so that pieces and characters differ."""
    letters = sorted({letter for lang in ("en", "de", "ru", "zh", "ar", "th") for letter in _letters(lang)})
    pairs = [first + second for first in "abcdefghijklmnopqrstuvwxyz" for second in "aeinrst"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{text}" for text in [*letters, *pairs]), *pairs]
    model = models.WordPiece({piece: number for number, piece in enumerate(dict.fromkeys(pieces))}, unk_token="[UNK]")
    backend = Tokenizer(model)
    backend.normalizer = normalizers.BertNormalizer(lowercase=False)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )  # fmt: skip


def _letters(lang):
    return {letter for row in read_questions(lang) for letter in row["context"]}


@pytest.fixture(params=["mini", "bert"])
def tokenizer(request):
    return request.getfixturevalue(request.param)
