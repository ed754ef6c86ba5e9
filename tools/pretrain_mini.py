"""Train `mini`, a small multilingual masked language model, on a CPU and within a given number of minutes.

    python tools/pretrain_mini.py --text text/*.txt.gz --teacher path/to/teacher --out out/mini --minutes 50

One file a language, one sentence a line (.gz or plain). Four stages, the first two cached in the scratch folder:

1. tokenizer  a Unigram model with the conventions of XLM-R
2. teacher    vectors of as many lines as `--teacher-minutes` allows, pairs of lines that are probably translations, and
              hidden states of the tokens of as many lines as `--token-minutes` allows; lines without are left out
3. warm-up    the embedding layer alone learns to give the teacher's vectors as a bag of words: cheap, and half the way
4. training   the whole encoder, on masked language modelling and on the teacher's vectors at once

Why a teacher: with a few million tokens, masked language modelling alone aligns no languages (sentence retrieval stays
at the level of random weights). A sentence encoder that is already multilingual says of every line what it means. That
alone aligns sentences, not words: taggers stay where random weights are. So each token learns what the teacher's are.
"""

from __future__ import annotations

import argparse
import collections
import json
import logging
import random
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mini_batches import LONG, Batches, encode, line_batches, long_batches, mask, pair_batches
from mini_teacher import CUT, TOKEN_LAYER, Lesson, find_pairs, pool, teach, teach_tokens
from mini_text import BOS, EOS, PAD, VOCAB, Texts, read_texts, shares, train_tokenizer
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaForMaskedLM

SHAPE = {"num_hidden_layers": 6, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024}
VIEWS = SHAPE["num_hidden_layers"] + 2  # what learns from the teacher: the embeddings, each layer, and <s> of the last
TOKEN_VIEWS = (4, 6)  # the layers that learn the teacher's tokens
MASKED = {"line": 0.2, "pair": 0.25, "long": 0.15}  # share of the tokens
BUDGET = 4096  # tokens of a batch, padding included
RATE = 1e-3  # the highest learning rate of stage 4


def new_student(start: Path | None) -> XLMRobertaForMaskedLM:
    settings = {"vocab_size": VOCAB, "max_position_embeddings": LONG + 2, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
    no_dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    student = XLMRobertaForMaskedLM(XLMRobertaConfig(**SHAPE, **settings, **no_dropout))  # too few passes to overfit
    if start:
        student.load_state_dict(XLMRobertaForMaskedLM.from_pretrained(start, dtype=torch.float32).state_dict())
        return student
    # The positions start as small sinusoids, so that far ones, which few batches reach, look like those before them.
    positions = student.roberta.embeddings.position_embeddings.weight
    angles = torch.arange(len(positions))[:, None] / 10_000 ** torch.linspace(0, 1, positions.shape[1] // 2)
    positions.data.copy_(0.02 * torch.cat([angles.sin(), angles.cos()], dim=1))
    return student


class Distiller(nn.Module):
    """The teacher's half of the loss, on vectors of the student. Its linear maps are thrown away after training."""

    def __init__(self, teacher_width: int, temperature: float = 0.05) -> None:
        super().__init__()
        self.token_maps = nn.ModuleList(nn.Linear(SHAPE["hidden_size"], teacher_width) for _ in TOKEN_VIEWS)
        self.maps = nn.ModuleList(nn.Linear(SHAPE["hidden_size"], teacher_width) for _ in range(VIEWS))
        self.temperature = temperature

    def forward(self, views: list[Tensor], teacher: Tensor) -> Tensor:
        """Three terms for each view of the batch, averaged over the views.

        The cosine to the teacher's vector through the map; a contrast of the same vectors within the batch; and that
        contrast among the student's own vectors, without the map, so that plain cosine works after training. The
        contrasts aim at the teacher's distribution, not at the diagonal: a batch holds translations.
        """
        own = torch.eye(len(teacher), dtype=torch.bool)
        similar = teacher @ teacher.T / self.temperature
        target, others = similar.softmax(1), similar.masked_fill(own, -1e4).softmax(1)
        loss = teacher.new_zeros(())
        for linear, vector in zip(self.maps, views, strict=False):  # the warm-up has one view
            mapped, unit = functional.normalize(linear(vector), dim=1), functional.normalize(vector, dim=1)
            loss = loss + 5 * (1 - (mapped * teacher).sum(1).mean())
            among = (unit @ unit.T / self.temperature).masked_fill(own, -1e4)
            contrast = functional.cross_entropy(mapped @ teacher.T / self.temperature, target)
            loss = loss + contrast + functional.cross_entropy(among, others)
        return loss / len(views)

    def tokens(self, views: list[Tensor], teacher: Tensor) -> Tensor:
        """How far the mapped hidden states [n, d] are from the teacher's of the same tokens, by cosine."""
        losses = [
            1 - functional.cosine_similarity(linear(view), teacher, dim=1).mean()
            for linear, view in zip(self.token_maps, views, strict=True)
        ]
        return 5 * torch.stack(losses).mean()


def set_rate(optimizer: torch.optim.Optimizer, peak: float, done: float, warm: float = 0.04) -> None:
    """By the share of the time that is used up, so that training ends when it should: a linear rise, a linear fall."""
    for group in optimizer.param_groups:
        group["lr"] = peak * min(done / warm, (1 - done) / (1 - warm))


def warm_up(table: nn.Module, distiller: Distiller, batches: Batches, vectors: Tensor, seconds: float) -> None:
    """Stage 3. The maps of all views start from the one that the embedding layer learns with."""
    optimizer, clock = torch.optim.AdamW([*table.parameters(), *distiller.parameters()], fused=True), time.time()
    while (spent := time.time() - clock) < seconds:
        set_rate(optimizer, 3 * RATE, spent / seconds)
        ids, numbers = next(batches)
        loss = distiller([pool(table(ids), ids != PAD)], vectors[numbers])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    logging.info(f"warm-up: {spent:.0f} s, last loss {loss.item():.3f}")
    for linear in distiller.maps:
        linear.load_state_dict(distiller.maps[0].state_dict())


def step_losses(
    student: XLMRobertaForMaskedLM, distiller: Distiller, lesson: Lesson, kind: str, ids: Tensor, numbers: Tensor | None
) -> dict[str, Tensor]:
    """One batch's losses by name: masked words, and where the teacher knows its lines, the teacher's two."""
    rate = torch.full((len(ids),), MASKED[kind])
    if numbers is not None:
        rate *= torch.rand(len(ids)) < 0.5  # the teacher saw whole lines: leave half of them whole
    inputs, chosen = mask(ids, rate)
    attended = (ids != PAD).long()
    with torch.autocast("cpu", torch.bfloat16):
        output = student.roberta(inputs, attended, output_hidden_states=numbers is not None)
        # The head runs on the masked positions only: over all of them it would cost more than the encoder.
        guesses = student.lm_head(output.last_hidden_state[chosen])
    masked = functional.cross_entropy(guesses.float(), ids[chosen]) if chosen.any() else guesses.sum()
    losses = {f"masked words ({kind})": masked}
    if numbers is not None:
        views = [pool(hidden.float(), attended) for hidden in output.hidden_states]
        views.append(output.last_hidden_state[:, 0].float())  # <s>, what a classifier looks at
        losses["teacher"] = distiller(views, lesson.vectors[numbers])
        inner = attended.bool() & (ids != BOS) & (ids != EOS)
        states = [output.hidden_states[layer][inner].float() for layer in TOKEN_VIEWS]
        losses["teacher's tokens"] = distiller.tokens(states, lesson.of_tokens(numbers))
    return losses


def train(args: argparse.Namespace, texts: Texts, tokenizer: Tokenizer, scratch: Path) -> str:
    """Stages 2 to 4; returns a line for the model card."""
    picked, vectors = teach(texts, args.teacher, scratch, args.teacher_minutes)
    begins, tokens = teach_tokens(picked, tokenizer, args.teacher, scratch, args.token_minutes)
    picked, vectors = picked[: len(begins) - 1], vectors[: len(begins) - 1]
    lesson = Lesson(vectors, tokens, begins)
    pairs = find_pairs(picked, vectors)
    lines = encode(tokenizer, [line for _, line in picked])  # a line's number is its vector's
    spoken = {language: encode(tokenizer, some) for language, some in texts.items()}
    logging.info(f"{sum(map(len, spoken.values()))} lines, {len(lines)} with vectors, {len(pairs)} pairs")
    checkpoint = scratch / "checkpoint.pt"
    state: Any = torch.load(checkpoint) if args.resume and checkpoint.exists() else {"step": 0, "seen": 0, "spent": 0.0}
    step, seen, spent = state["step"], state["seen"], state["spent"]
    random.seed(step)
    torch.manual_seed(step)
    student, distiller = new_student(args.start), Distiller(vectors.shape[1])
    optimizer = torch.optim.AdamW([*student.parameters(), *distiller.parameters()], betas=(0.9, 0.98), fused=True)
    parts = {"student": student, "distiller": distiller, "optimizer": optimizer}
    for name, part in parts.items() if step else ():
        part.load_state_dict(state[name])
    if not step and not args.start:
        wide = line_batches(lines, dict(pairs), 4 * BUDGET)
        warm_up(student.roberta.embeddings, distiller, wide, vectors, args.minutes * 60 * 0.05)
    batches = {"line": line_batches(lines, dict(pairs), BUDGET), "pair": pair_batches(lines, pairs, BUDGET)}
    batches["long"] = long_batches(spoken, shares(texts), BUDGET)
    kinds = ["line", "line", "line", "pair" if pairs else "line", "line", "line", "line", "long"]
    total, clock, saved, recent = args.minutes * 60, time.time() - spent, spent, ""
    means: dict[str, list[float]] = collections.defaultdict(list)
    while (spent := time.time() - clock) < total:
        set_rate(optimizer, RATE, spent / total)
        kind = kinds[step % len(kinds)]
        ids, numbers = next(batches[kind])
        losses = step_losses(student, distiller, lesson, kind, ids, numbers)
        for name, part in losses.items():
            means[name].append(part.item())
        loss = torch.stack([*losses.values()]).sum()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + int((ids != PAD).sum())
        if step % 200 == 0:
            recent = ", ".join(f"{name} {np.mean(values):.3f}" for name, values in sorted(means.items()))
            logging.info(f"{spent / 60:.1f} min, step {step}, {seen / 1e6:.2f}M tokens, {recent}")
            means.clear()
        if spent - saved > 180:
            saved = spent
            save(student, tokenizer, args.out)
            state = {"step": step, "seen": seen, "spent": spent} | {n: part.state_dict() for n, part in parts.items()}
            torch.save(state, f"{checkpoint}.new")
            Path(f"{checkpoint}.new").replace(checkpoint)
    save(student, tokenizer, args.out)
    taught = f"{len(lines)} lines with a teacher's vector, {len(pairs)} with a translation. Last losses: {recent}."
    return f"{spent / 60:.0f} minutes: {step} steps, {seen / 1e6:.1f}M tokens. {taught}"


def save(student: XLMRobertaForMaskedLM, tokenizer: Tokenizer, out: Path) -> None:
    """An ordinary folder: weights in half precision, a configuration that loads them in single precision."""
    copy = XLMRobertaForMaskedLM(student.config)
    copy.load_state_dict(student.state_dict())
    copy.half().save_pretrained(out)
    names = {"bos": "<s>", "cls": "<s>", "pad": "<pad>", "eos": "</s>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
    names = {f"{name}_token": token for name, token in names.items()}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LONG, **names)
    fast.model_input_names = ["input_ids", "attention_mask"]
    fast.save_pretrained(out)
    for name, changes in {
        "config.json": {"dtype": "float32", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1},
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast"},  # a name that older versions know too
    }.items():
        (out / name).write_text(json.dumps(json.loads((out / name).read_text()) | changes, indent=2) + "\n")


CARD = f"""---
library_name: transformers
---

# mini

A multilingual encoder small enough to live in a repository and to fine-tune on a CPU, for trying out a benchmark end to
end. It is far weaker than any published encoder. Made from random weights by `tools/pretrain_mini.py`.

* Architecture: `XLMRobertaForMaskedLM`, {", ".join(f"{name} {value}" for name, value in SHAPE.items())};
  {VOCAB} Unigram pieces with the conventions of XLM-R; half precision.
* Objectives: masked language modelling, on lines, on pairs of probable translations in one sequence, and on sequences
  of {LONG} tokens; on lines also distillation of the teacher's mean-pooled last layer, centred for each language, into
  the mean-pooled vectors of every layer and `<s>` of the last (cosine through a linear map that is thrown away, and
  two in-batch contrasts), and of its hidden states in layer {TOKEN_LAYER}, averaged over each token's characters,
  centred for each language and scaled, into the tokens of layers {" and ".join(map(str, TOKEN_VIEWS))}. Lines are cut
  at {CUT} tokens. AdamW at up to {RATE:g}, bfloat16, no dropout.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, nargs="+", required=True, help="LANGUAGE.txt or LANGUAGE.txt.gz")
    parser.add_argument("--out", type=Path, required=True, help="folder for the encoder")
    parser.add_argument("--teacher", required=True, help="folder or Hub id of a multilingual sentence encoder")
    parser.add_argument("--minutes", type=float, default=50, help="minutes of stage 4; stage 3 takes 5%% on top")
    parser.add_argument("--teacher-minutes", type=float, default=15, help="minutes for the teacher's vectors")
    parser.add_argument("--token-minutes", type=float, default=10, help="minutes for the teacher's tokens")
    parser.add_argument("--scratch", type=Path, help="folder for caches and the checkpoint (default: OUT.scratch)")
    parser.add_argument("--notes", type=Path, help="text for the model card (sources, licences, figures)")
    parser.add_argument("--start", type=Path, help="an encoder of this script to train further, with its tokenizer")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    args = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    scratch = args.scratch or args.out.with_name(args.out.name + ".scratch")
    scratch.mkdir(parents=True, exist_ok=True)
    if args.start:
        shutil.copy(args.start / "tokenizer.json", scratch)
    texts = read_texts(args.text)
    ran = train(args, texts, train_tokenizer(texts, scratch / "tokenizer.json"), scratch)
    ran = f"{sum(map(len, texts.values()))} lines in {len(texts)} languages: {', '.join(texts)}.\n* {ran}"
    notes = args.notes.read_text(encoding="utf-8") if args.notes else ""
    (args.out / "README.md").write_text(f"{CARD}* Text: {ran}\n\n{notes}", encoding="utf-8")


if __name__ == "__main__":
    main()
