"""The text that `mini` learns from, and its tokenizer."""

from __future__ import annotations

import collections
import gzip
import logging
import random
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
BOS, PAD, EOS, UNK = range(4)
VOCAB = 16_000
MASK = VOCAB - 1  # the last id, as in XLM-R

Texts = dict[str, list[str]]  # the lines of each language


def read_texts(files: list[Path]) -> Texts:
    """The lines of each file, in a fixed random order, by the file's name up to the first dot (the language)."""
    texts = {}
    for path in sorted(files):
        whole = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = list(dict.fromkeys(line.strip() for line in whole.decode().split("\n") if len(line.strip()) > 5))
        random.Random(1).shuffle(lines)
        texts[path.name.split(".")[0]] = lines
    return texts


def shares(texts: Texts, power: float = 0.7) -> dict[str, float]:
    """How often to draw from each language: its number of lines, flattened so that small languages count for more."""
    sizes = {language: len(lines) ** power for language, lines in texts.items()}
    return {language: size / sum(sizes.values()) for language, size in sizes.items()}


def train_tokenizer(texts: Texts, path: Path, lines: int = 90_000) -> Tokenizer:
    if path.exists():
        return Tokenizer.from_file(str(path))
    tokenizer = Tokenizer(models.Unigram())
    # NFKC and what SentencePiece does around it: control characters away, one blank for every run of white space.
    control = normalizers.Replace(Regex(r"[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u200b\u200e\u200f\ufeff]"), "")
    blanks = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.normalizer = normalizers.Sequence([control, normalizers.NFKC(), blanks])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    normal = tokenizer.normalizer.normalize_str
    sample = {name: [normal(line) for line in texts[name][: int(lines * part)]] for name, part in shares(texts).items()}
    # Unigram keeps every character it sees, and rare Chinese ones would take half of the vocabulary: leave out those
    # beyond 99.95% of each language's text (98.5% or 99.5% where the script is large).
    keep = set(map(chr, range(33, 127)))
    for language, some in sample.items():
        counts = collections.Counter(" ".join(some))
        goal = {"zh": 0.985, "ja": 0.985, "ko": 0.995}.get(language, 0.9995) * counts.total()
        before = np.cumsum([0, *(count for _, count in counts.most_common())])
        keep |= {c for (c, count), seen in zip(counts.most_common(), before, strict=False) if seen < goal and count > 2}
    logging.info(f"training the tokenizer on {sum(map(len, sample.values()))} lines, {len(keep)} characters")
    options: Any = {"vocab_size": VOCAB - 1, "special_tokens": SPECIAL, "unk_token": "<unk>", "shrinking_factor": 0.5}
    trainer = trainers.UnigramTrainer(**options, initial_alphabet=sorted(keep | {"▁"}))
    corpus = ("".join(c if c in keep else " " for c in line) for some in sample.values() for line in some)
    tokenizer.train_from_iterator(corpus, trainer)
    missing = VOCAB - 1 - tokenizer.get_vocab_size()  # the trainer may stop a little short; the mask must be last
    tokenizer.add_special_tokens([f"<unused{i}>" for i in range(missing)] + ["<mask>"])
    assert [tokenizer.token_to_id(s) for s in [*SPECIAL, "<mask>"]] == [BOS, PAD, EOS, UNK, MASK]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", BOS), ("</s>", EOS)]
    )
    tokenizer.save(str(path))
    return tokenizer
