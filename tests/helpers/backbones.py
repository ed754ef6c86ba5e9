"""Tiny random models of eleven architectures, saved as people publish them: with the head they were pretrained with."""

import os
import shutil
from pathlib import Path

import pytest
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from xh.mini import ENCODER

SIZE = {
    "vocab_size": 16000, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2,
    "max_position_embeddings": 514,
}  # fmt: skip
IDS = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
GROUPED = {"num_key_value_heads": 1, "head_dim": 8}
T5 = {
    "vocab_size": 16000, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 3, "num_heads": 2, "pad_token_id": 1,
    "eos_token_id": 2, "decoder_start_token_id": 1,
}  # fmt: skip
BYTES = {"vocab_size": 400, "pad_token_id": None, "bos_token_id": None, "eos_token_id": 0}
MASKED, CAUSAL = "AutoModelForMaskedLM", "AutoModelForCausalLM"
ENCODERS = {
    "bert": transformers.BertConfig(**SIZE),
    "xlm-roberta": transformers.XLMRobertaConfig(**SIZE, **IDS, type_vocab_size=1),
    "xlm-roberta-xl": transformers.XLMRobertaXLConfig(**SIZE, **IDS, type_vocab_size=1),
    "deberta-v2": transformers.DebertaV2Config(
        **SIZE, relative_attention=True, pos_att_type=["p2c", "c2p"], position_biased_input=False, share_att_key=True,
        norm_rel_ebd="layer_norm", position_buckets=32,
    ),
    "modernbert": transformers.ModernBertConfig(
        **SIZE, **IDS, cls_token_id=0, sep_token_id=2, local_attention=8, classifier_pooling="mean"
    ),
    "eurobert": transformers.EuroBertConfig(**SIZE, **IDS, num_key_value_heads=1, mask_token_id=4),
    "rembert": transformers.RemBertConfig(**SIZE, input_embedding_size=8, output_embedding_size=24),
}  # fmt: skip
HALVES = {"mt5": transformers.MT5Config(**T5)}
DECODERS = {
    "gemma3": transformers.Gemma3TextConfig(**SIZE | BYTES | GROUPED, sliding_window=8),
    "qwen3": transformers.Qwen3Config(**SIZE | BYTES | GROUPED),
    "llama": transformers.LlamaConfig(**SIZE | BYTES | GROUPED),
}
BACKBONES = ENCODERS | HALVES | DECODERS


def write(name: str, folder: Path) -> Path:
    """A folder with a model of this architecture, as it was pretrained, and a tokenizer of its kind."""
    torch.manual_seed(0)
    config = BACKBONES[name]
    config.initializer_range = 0.2
    auto = MASKED if name in ENCODERS else CAUSAL if name in DECODERS else "AutoModelForSeq2SeqLM"
    getattr(transformers, auto).from_config(config).save_pretrained(folder)
    if name in ENCODERS:
        for file in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(ENCODER / file, folder / file)
    elif name in HALVES:
        tokenizer = Tokenizer.from_file(str(ENCODER / "tokenizer.json"))
        tokenizer.post_processor = processors.TemplateProcessing(
            single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 2)]
        )
        names = {"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    else:
        _of_bytes(name == "llama").save_pretrained(folder)
    return folder


def _of_bytes(begins: bool) -> PreTrainedTokenizerFast:
    """As decoders have them: no padding, no unknown token, nothing between the texts of a pair; Llama's begins one."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<end>", "<begin>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(["the cat sat on the mat and there it was"], trainer)
    if begins:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<begin> $A", pair="<begin> $A <begin> $B", special_tokens=[("<begin>", 1)]
        )
    begin = {"bos_token": "<begin>"} if begins else {}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", **begin)


def thin(*kept, of=BACKBONES):
    """Some of the names always, the others where ``XH_BACKBONES`` asks for all."""
    less = pytest.mark.skipif("XH_BACKBONES" not in os.environ, reason="all of them where XH_BACKBONES is set")
    return [pytest.param(name, marks=() if name in kept else less) for name in of]
