"""Encoder loading in which every weight of the body is accounted for.

A checkpoint whose body is silently not taken trains and evaluates like a bad encoder; here it is an error.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding
from transformers.utils import logging

from xh.data.architectures import architecture
from xh.data.encoder import folder_of
from xh.model.body import attend_both_ways
from xh.model.heads import HEAD, POOLER, head_class, pool
from xh.model.tokenizer import load_tokenizer, suit, unreadable
from xh.spec import MissingError, StageError

Build = Callable[[Any], Any]
"""A function from a body to a model with that body and a new head."""


def load_body(
    folder: str | PathLike[str],
    trust_remote_code: bool = False,
    bidirectional: bool = False,
    dtype: torch.dtype = torch.float32,
) -> tuple[Any, Any]:
    """The body and its fast tokenizer; raises :class:`MissingError` naming weights absent or left over.

    Of an encoder-decoder it is the encoder. ``bidirectional``: each token of a decoder sees those behind it, too; one
    that was handed on so stays so.
    """
    kind = AutoModelForTextEncoding if architecture(_type_of(folder, trust_remote_code)).half else AutoModel
    model, report = _from_pretrained(kind, folder, trust_remote_code, dtype)
    _check(folder, model, report)
    tokenizer = load_tokenizer(folder, trust_remote_code)
    suit(tokenizer, model, folder)
    if architecture(model.config.model_type).decoder:
        model.config.use_cache = False
        if bidirectional or not getattr(model.config, "is_causal", True):
            attend_both_ways(model)
    return model, tokenizer


def load_encoder(name: str) -> tuple[Any, Any]:
    """The body and the tokenizer of an encoder by the name that ``--model`` takes, fetched where it is on the Hub."""
    return load_body(folder_of(name))


def load_for_training(
    folder: str | PathLike[str],
    build: Build,
    trust_remote_code: bool = False,
    pooling: str = "auto",
    bidirectional: bool = False,
    dtype: torch.dtype = torch.float32,
) -> tuple[Any, Any]:
    """The model that ``build`` makes of the body in ``folder``, and its tokenizer.

    ``pooling``: what the heads of :mod:`xh.model.heads` read; noted in the body's config, which is handed on.
    """
    body, tokenizer = load_body(folder, trust_remote_code, bidirectional, dtype)
    pool(body, tokenizer, pooling)
    return build(body), tokenizer


def load_with_head(folder: str | PathLike[str], head: str, trust_remote_code: bool = False) -> tuple[Any, Any] | None:
    """The model in ``folder`` with the head it has there, in float32, and its tokenizer; None if it lacks that head."""
    if head.startswith("Auto") and not trust_remote_code and not architecture(_type_of(folder, False)).has(head):
        return None
    model, report = _from_pretrained(head_class(head), folder, trust_remote_code)
    if report["missing_keys"]:
        return None
    _check(folder, model.base_model, report)
    return model, _tokenizer(folder, model, trust_remote_code)


def load_finetuned(
    folder: str | PathLike[str],
    head: str,
    build: Build,
    trust_remote_code: bool = False,
    methods: Iterable[Any] = (),
) -> tuple[Any, Any]:
    """A fine-tuned model, every weight of it, in float32, and its tokenizer.

    It is of the class ``head``, or where there is a file with the head what ``build`` makes of the body. ``methods``:
    what its training was changed by; the modules that they add have their weights in the folder too.
    """
    if (Path(folder) / HEAD).exists():
        body, tokenizer = load_body(folder, trust_remote_code)
        model = adapted(build(body), methods)
        model.load_head(folder)
        return model, tokenizer
    model, report = _from_pretrained(head_class(head), folder, trust_remote_code)
    plain = {*model.state_dict()}
    model = adapted(model, methods)
    added = model.state_dict().keys() - plain
    if lost := sorted(report["missing_keys"]) + sorted(added ^ set(report["unexpected_keys"])):
        raise MissingError(f"{folder} is not a complete {head}.", why=f"Missing or unexpected: {_some(lost)}.")
    if added:
        model.load_state_dict(_weights(folder, added), strict=False)
    return model, _tokenizer(folder, model, trust_remote_code)


def adapted(model: Any, methods: Iterable[Any]) -> Any:
    """The model with the modules that methods add, in order."""
    for method in methods:
        model = method.adapt(model)
        if not isinstance(model, torch.nn.Module):
            raise StageError(f"{method.name}.adapt returned no model but {type(model).__name__}.")
    return model


def _weights(folder: str | PathLike[str], names: set[str]) -> dict[str, torch.Tensor]:
    """The weights of these names in a folder's files."""
    found: dict[str, torch.Tensor] = {}
    for path in Path(folder).glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            found |= {name: file.get_tensor(name) for name in names & set(file.keys())}
    return found


def _tokenizer(folder: str | PathLike[str], model: Any, trust_remote_code: bool) -> Any:
    tokenizer = load_tokenizer(folder, trust_remote_code)
    suit(tokenizer, model.base_model, folder)
    return tokenizer


def _type_of(folder: str | PathLike[str], trust_remote_code: bool) -> str:
    try:
        return str(AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code).model_type)
    except Exception as error:  # whatever a strange config makes it raise
        raise unreadable("encoder", folder, error) from error


def _from_pretrained(
    kind: Any, folder: str | PathLike[str], trust_remote_code: bool, dtype: torch.dtype = torch.float32
) -> tuple[Any, dict[str, Any]]:
    try:
        with _silence():
            model, report = kind.from_pretrained(
                folder,
                dtype=dtype,
                output_loading_info=True,
                local_files_only=Path(folder).is_dir(),
                use_safetensors=True,
                ignore_mismatched_sizes=True,
                trust_remote_code=trust_remote_code,
            )
    except Exception as error:  # whatever a strange config makes it raise
        raise unreadable("encoder", folder, error) from error
    if wrong := sorted(report["mismatched_keys"]):
        sizes = [f"{name} {list(found)}, not {list(wanted)}" for name, found, wanted in wrong]
        raise _foreign(folder, model, f"different shapes: {_some(sizes)}")
    return model, report


@contextmanager
def _silence() -> Iterator[None]:
    """Keep transformers from reporting head and pooler weights, which are judged here."""
    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


def _check(folder: str | PathLike[str], body: Any, report: dict[str, Any]) -> None:
    """Only a pooler may be absent, and only heads may be left over."""
    absent = sorted(name for name in report["missing_keys"] if not name.startswith(POOLER))
    own = {name for name, _ in body.named_children()}
    prefix = f"{body.base_model_prefix}."
    left = sorted(
        name
        for name in report["unexpected_keys"]
        if (name.startswith(prefix) or name.split(".")[0] in own) and not name.removeprefix(prefix).startswith(POOLER)
    )
    if absent or left:
        what = [f"missing: {_some(absent)}"] * bool(absent) + [f"unexpected: {_some(left)}"] * bool(left)
        raise _foreign(folder, body, "; ".join(what))
    if packed := [name for path in Path(folder).glob("*.safetensors") for name in _packed(path)]:
        todo = "Save them as floating-point numbers."
        raise MissingError(f"The weights in {folder} are whole numbers of 8 bits.", why=f"{_some(packed)}.", todo=todo)
    if odd := sorted(name for name, weight in body.named_parameters() if not weight.isfinite().all()):
        todo = "Download or train it again; --model names another one."
        raise MissingError(
            f"The weights in {folder} are not finite (NaN or infinite).", why=f"{_some(odd)}.", todo=todo
        )


def _packed(path: Path) -> list[str]:
    """The tensors of a file that were quantised, which nothing here takes back."""
    with safe_open(path, "pt") as file:
        names = file.keys()
        return [name for name in names if file.get_slice(name).get_dtype() in ("I8", "U8")]


def _foreign(folder: str | PathLike[str], model: Any, why: str) -> MissingError:
    return MissingError(
        f"The weights in {folder} are not those of its config ({model.config.model_type}).",
        why=f"{why}.",
        todo="Give a folder whose config.json and weights belong together.",
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
