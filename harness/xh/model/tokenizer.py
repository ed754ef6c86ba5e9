"""A fast tokenizer that gives what every kind reads: inputs that end, pairs that are told apart, padding."""

import hashlib
from functools import lru_cache
from inspect import signature
from os import PathLike
from pathlib import Path
from typing import Any

from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from xh.data.architectures import architecture
from xh.spec import MissingError


def load_tokenizer(folder: str | PathLike[str], trust_remote_code: bool = False) -> Any:
    """A folder's tokenizer, which must be a fast one."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)
    except Exception as error:  # tokenizers raises nothing more special
        raise unreadable("tokenizer", folder, error) from error
    if not tokenizer.is_fast:
        raise MissingError(
            f"The tokenizer in {folder} is not a fast one.", why="Answers are found by character offsets."
        )
    return tokenizer


def suit(tokenizer: Any, body: Any, folder: str | PathLike[str]) -> None:
    """Have a tokenizer give what ``body`` reads: inputs that it takes, and of a decoder's ends and padding."""
    _check_vocabulary(folder, body, tokenizer)
    taken = signature(body.forward).parameters
    if surplus := [name for name in tokenizer.model_input_names if name not in taken]:
        tokenizer.model_input_names = [name for name in tokenizer.model_input_names if name not in surplus]
    if architecture(body.config.model_type).decoder:
        _end(tokenizer, folder)
    if tokenizer.pad_token is None and tokenizer.eos_token is not None:
        tokenizer.pad_token = tokenizer.eos_token  # padding is behind an input, and never attended to
    tokenizer.padding_side = "right"


def _end(tokenizer: Any, folder: str | PathLike[str]) -> None:
    """Put a token behind each text of an input: decoders' tokenizers have none, so that a pair would be one text."""
    end = tokenizer.eos_token
    if end is None:
        raise MissingError(
            f"The tokenizer in {folder} has no token that ends a text (eos_token).",
            todo="Name one in its tokenizer_config.json.",
        )
    first = tokenizer("a")["input_ids"][:1]
    begin = tokenizer.bos_token if first == [tokenizer.bos_token_id] else None
    before = [begin] * (begin is not None)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=[*before, "$A", end],
        pair=[*before, "$A", end, "$B:1", f"{end}:1"],
        special_tokens=[(token, tokenizer.convert_tokens_to_ids(token)) for token in {*before, end}],
    )


def _check_vocabulary(folder: str | PathLike[str], body: Any, tokenizer: Any) -> None:
    """Only tokens that were added, which may be unused, can lack an embedding."""
    rows = body.get_input_embeddings().weight.shape[0]
    highest = max(tokenizer.backend_tokenizer.get_vocab(with_added_tokens=False).values(), default=0)
    if highest >= rows:
        raise MissingError(
            f"The tokenizer in {folder} is not that of its weights.",
            why=f"It has tokens up to number {highest}; the weights have embeddings for {rows}.",
            todo="Give a folder whose tokenizer and weights belong together.",
        )


def vocabulary(tokenizer: Any) -> Any:
    """A hash of all that decides a fast tokenizer's tokens, the same for one that was saved elsewhere; else itself."""
    return _vocabulary(tokenizer, len(tokenizer)) if isinstance(tokenizer, PreTrainedTokenizerFast) else tokenizer


@lru_cache(maxsize=1)
def _vocabulary(tokenizer: Any, size: int) -> str:
    """``size`` tells when tokens were added."""
    return hashlib.sha256(unused(tokenizer).backend_tokenizer.to_str().encode()).hexdigest()


def unused(tokenizer: Any) -> Any:
    """The tokenizer without the truncation and padding that its last call asked for; anything else as it is."""
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        return tokenizer
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def unreadable(what: str, folder: str | PathLike[str], error: Exception) -> MissingError:
    """What is said of a part of an encoder that transformers can't load."""
    why = (str(error).strip() or type(error).__name__).splitlines()[0]
    todo = "Save it again with save_pretrained(folder), or download it again."
    return MissingError(f"The {what} in {Path(folder)} can't be loaded.", why=why, todo=todo)
