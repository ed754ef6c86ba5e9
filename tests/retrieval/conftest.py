"""Made embeddings, and tiny random encoders with a tokenizer of their own."""

import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = ["<s>", "<pad>", "</s>", "<unk>", *"abcdefghijklmnopqrstuvwxyz"]


@pytest.fixture(scope="session")
def tokenizer():
    """One token per letter, `<s>` before and `</s>` after."""
    letters = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unk>"))
    letters.pre_tokenizer = pre_tokenizers.Whitespace()
    letters.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=letters, cls_token="<s>", pad_token="<pad>", sep_token="</s>", unk_token="<unk>"
    )


def _bert_like(config, **more):
    return config(
        vocab_size=len(WORDS), hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2,
        max_position_embeddings=40, pad_token_id=1, initializer_range=0.5, **more,
    )  # fmt: skip


CONFIGS = {
    "bert": lambda: _bert_like(transformers.BertConfig),
    "xlm-roberta": lambda: _bert_like(transformers.XLMRobertaConfig),
    "distilbert": lambda: transformers.DistilBertConfig(
        vocab_size=len(WORDS), dim=16, hidden_dim=32, n_layers=3, n_heads=2, initializer_range=0.5, pad_token_id=1
    ),
    "mt5": lambda: transformers.MT5Config(
        vocab_size=len(WORDS), d_model=16, d_kv=8, d_ff=32, num_layers=3, num_heads=2, pad_token_id=1
    ),
}


@pytest.fixture(scope="session", params=CONFIGS)
def body(request):
    """A random encoder, in training mode so that dropout would show. DistilBERT and mT5 can't be cut off."""
    torch.manual_seed(7)
    return transformers.AutoModel.from_config(CONFIGS[request.param]()).train()
