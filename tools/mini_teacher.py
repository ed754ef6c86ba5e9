"""What the teacher says of each line, and of each of the student's tokens in it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mini_text import Texts, shares
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

CUT = 64  # tokens of a line; what is longer is cut, in the teacher as in the student
STRIDE, BATCH = 2048, 64  # lines between two savings, and at once
TOKEN_LAYER = 6  # of the teacher: what its tokens are; later layers say more of the sentence

Lines = list[tuple[str, str]]  # language and line


@dataclass
class Lesson:
    """`vectors` [lines, d]; `tokens` [all tokens, d], those of line i from `begins[i]` to `begins[i + 1]`."""

    vectors: Tensor
    tokens: Tensor
    begins: np.ndarray

    def of_tokens(self, numbers: Tensor) -> Tensor:
        """The tokens' vectors of these lines, one after the other."""
        return torch.cat([self.tokens[self.begins[i] : self.begins[i + 1]] for i in numbers.tolist()]).float()


class Teacher:
    """An encoder of which the first `layers` are run."""

    def __init__(self, folder: str, layers: int | None = None) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        self.model.encoder.layer = self.model.encoder.layer[:layers]
        self.width: int = self.model.config.hidden_size

    def states(self, lines: Sequence[str]) -> Iterator[tuple[np.ndarray, Tensor, Tensor, np.ndarray]]:
        """By batch: which lines; hidden states [lines, tokens, d], attended [lines, tokens], characters [.., .., 2]."""
        order = np.array(sorted(range(len(lines)), key=lambda i: len(lines[i])))
        options: Any = {"padding": True, "truncation": True, "max_length": CUT, "return_tensors": "pt"}
        for rows in (order[at : at + BATCH] for at in range(0, len(order), BATCH)):
            inputs = self.tokenizer([lines[i] for i in rows], return_offsets_mapping=True, **options)
            spans = inputs.pop("offset_mapping").numpy()
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                hidden = self.model(**inputs).last_hidden_state.float()
            yield rows, hidden, inputs["attention_mask"], spans


def pool(hidden: Tensor, attended: Tensor) -> Tensor:
    weights = attended.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1)


def teach(texts: Texts, folder: str, scratch: Path, minutes: float) -> tuple[Lines, Tensor]:
    """(language, line) and the teacher's centred unit vector of each line, for as many lines as the minutes allow.

    The longest third of every language is left to masked language modelling: it costs the teacher as much as the rest.
    """
    ranked = []
    for language, share in shares(texts).items():
        limit = np.quantile([len(line) for line in texts[language]], 0.7)
        share *= 6 if language == "en" else 1  # the language in which translations of the others are looked for
        short = [line for line in texts[language] if len(line) <= limit]
        ranked += [(i / share, language, line) for i, line in enumerate(short)]
    picked = [(language, line) for _, language, line in sorted(ranked)]  # any beginning of it holds every language
    teacher = Teacher(folder)
    state, shape = scratch / "teacher.json", (len(picked), teacher.width)
    done, seconds = json.loads(state.read_text()) if state.exists() else (0, 0.0)
    vectors = np.memmap(scratch / "teacher.f16", np.float16, "r+" if state.exists() else "w+", shape=shape)
    while done < len(picked) and seconds < minutes * 60:
        clock = time.time()
        some = [line for _, line in picked[done : done + STRIDE]]
        for rows, hidden, attended, _ in teacher.states(some):
            vectors[done + rows] = functional.normalize(pool(hidden, attended), dim=1).numpy()
        vectors.flush()
        done, seconds = done + len(some), seconds + time.time() - clock
        state.write_text(json.dumps([done, seconds]))
        logging.info(f"teacher: {done} of {len(picked)} lines in {seconds:.0f} s")
    result = torch.from_numpy(np.array(vectors[:done])).float()
    # The vectors share one large direction and a smaller one for each language; neither says anything about meaning.
    languages = np.array([language for language, _ in picked[:done]])
    for language in texts:
        own = torch.from_numpy(languages == language)
        result[own] -= result[own].mean(0)
    return picked[:done], functional.normalize(result, dim=1)


def teach_tokens(
    picked: Lines, student: Tokenizer, folder: str, scratch: Path, minutes: float
) -> tuple[np.ndarray, Tensor]:
    """For each line of the picked ones, as far as the minutes reach: where its tokens' vectors begin; and the vectors.

    A vector is the teacher's hidden state in layer `TOKEN_LAYER`, the mean over the teacher's tokens that share
    characters with the student's token; less the language's mean, each dimension scaled to variance 1.
    """
    teacher = Teacher(folder, TOKEN_LAYER)
    state, file = scratch / "tokens.json", scratch / "tokens.f16"
    sizes, seconds = json.loads(state.read_text()) if state.exists() else ([], 0.0)
    with file.open("ab") as sink:
        sink.truncate(sum(sizes) * teacher.width * 2)
        while len(sizes) < len(picked) and seconds < minutes * 60:
            clock, first = time.time(), len(sizes)
            some = [line for _, line in picked[first : first + STRIDE]]
            vectors: list[Any] = [None] * len(some)
            for rows, hidden, _, spans in teacher.states(some):
                mine = student.encode_batch([some[i] for i in rows])
                for i, own, span, states in zip(rows, mine, spans, hidden.numpy(), strict=True):
                    vectors[i] = shared(np.array(own.offsets[1:-1][: CUT - 2]).reshape(-1, 2), span, states)
            sink.write(np.concatenate(vectors).astype(np.float16).tobytes())
            sink.flush()
            sizes += [len(each) for each in vectors]
            seconds += time.time() - clock
            state.write_text(json.dumps([sizes, seconds]))
            logging.info(f"teacher: tokens of {len(sizes)} of {len(picked)} lines in {seconds:.0f} s")
    found = torch.from_file(str(file), size=sum(sizes) * teacher.width, dtype=torch.float16)
    found = found.view(-1, teacher.width)
    begins = np.cumsum([0, *sizes])
    in_languages = np.repeat([language for language, _ in picked[: len(sizes)]], sizes)
    found = found.clone()
    for language in np.unique(in_languages):
        own = torch.from_numpy(in_languages == language)
        found[own] -= found[own].float().mean(0).half()
    return begins, found.div_(found[:: max(1, len(found) // 100_000)].float().std(0).half())


def shared(own: np.ndarray, spans: np.ndarray, states: np.ndarray) -> np.ndarray:
    """For each of the student's character spans [n, 2] the mean state [n, d] of the teacher's tokens that touch it."""
    real = np.flatnonzero(spans[:, 1] > spans[:, 0])
    if not len(real):
        return np.zeros((len(own), states.shape[1]))
    first = np.searchsorted(spans[real, 1], own[:, 0], "right").clip(max=len(real) - 1)
    last = np.searchsorted(spans[real, 0], own[:, 1], "left").clip(min=first + 1)
    sums = np.concatenate([np.zeros((1, states.shape[1])), states[real].cumsum(0)])
    return (sums[last] - sums[first]) / (last - first)[:, None]


def find_pairs(picked: Lines, vectors: Tensor, least: float = 0.65) -> list[tuple[int, int]]:
    """Line numbers: a line and the nearest English one, where they are close enough to be translations."""
    english = torch.tensor([i for i, (language, _) in enumerate(picked) if language == "en"])
    keys, found = vectors[english].bfloat16().T.contiguous(), []
    for first in range(0, len(picked), 4096):
        best, where = (vectors[first : first + 4096].bfloat16() @ keys).float().max(1)
        found += [(first + i, int(english[where[i]])) for i in (best > least).nonzero().flatten().tolist()]
    return [(i, j) for i, j in found if picked[i][0] != "en"]
