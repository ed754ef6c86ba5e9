"""Train `mini`, a small multilingual masked language model, on a CPU and within a given number of minutes.

    python tools/pretrain_mini.py --text text/*.txt.gz --teacher path/to/teacher --out out/mini --minutes 50

One file a language, one sentence a line (.gz or plain). Four stages, the first two cached in the scratch folder:

1. tokenizer  a Unigram model with the conventions of XLM-R
2. teacher    vectors of as many lines as `--teacher-minutes` allows, and pairs of lines that are probably translations
3. warm-up    the embedding layer alone learns to give the teacher's vectors as a bag of words: cheap, and half the way
4. training   the whole encoder, on masked language modelling and on the teacher's vectors at once

Why a teacher: with a few million tokens, masked language modelling alone aligns no languages (sentence retrieval stays
at the level of random weights). A sentence encoder that is already multilingual says of every line what it means.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import logging
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaForMaskedLM

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
BOS, PAD, EOS, UNK = range(4)
VOCAB = 16_000
MASK = VOCAB - 1  # the last id, as in XLM-R
SHAPE = {"num_hidden_layers": 6, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024}
VIEWS = SHAPE["num_hidden_layers"] + 2  # what learns from the teacher: the embeddings, each layer, and <s> of the last
CUT = 64  # tokens of a line; what is longer is cut, in the teacher as in the student
LONG = 512  # tokens of a packed sequence
BUDGET = 4096  # tokens of a batch, padding included
RATE = 1e-3  # the highest learning rate of stage 4

Texts = dict[str, list[str]]  # the lines of each language
Rows = list[np.ndarray]  # the token ids of each line, without the special ones
Batches = Iterator[tuple[Tensor, Tensor | None]]  # input ids and, where the teacher knows them, the lines' numbers


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


def pool(hidden: Tensor, attended: Tensor) -> Tensor:
    weights = attended.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1)


def teach(texts: Texts, folder: str, scratch: Path, minutes: float) -> tuple[list[tuple[str, str]], Tensor]:
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
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    state, shape = scratch / "teacher.json", (len(picked), model.config.hidden_size)
    done, seconds = json.loads(state.read_text()) if state.exists() else (0, 0.0)
    vectors = np.memmap(scratch / "teacher.f16", np.float16, "r+" if state.exists() else "w+", shape=shape)
    while done < len(picked) and seconds < minutes * 60:
        clock = time.time()
        order = sorted(range(done, min(done + 2048, len(picked))), key=lambda i: len(picked[i][1]))
        for rows in (order[at : at + 64] for at in range(0, len(order), 64)):
            some = [picked[i][1] for i in rows]
            inputs = tokenizer(some, padding=True, truncation=True, max_length=CUT, return_tensors="pt")
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                hidden = model(**inputs).last_hidden_state.float()
            vectors[rows] = functional.normalize(pool(hidden, inputs["attention_mask"]), dim=1).numpy()
        vectors.flush()
        done, seconds = done + len(order), seconds + time.time() - clock
        state.write_text(json.dumps([done, seconds]))
        logging.info(f"teacher: {done} of {len(picked)} lines in {seconds:.0f} s")
    result = torch.from_numpy(np.array(vectors[:done])).float()
    # The vectors share one large direction and a smaller one for each language; neither says anything about meaning.
    languages = np.array([language for language, _ in picked[:done]])
    for language in texts:
        own = torch.from_numpy(languages == language)
        result[own] -= result[own].mean(0)
    return picked[:done], functional.normalize(result, dim=1)


def find_pairs(picked: list[tuple[str, str]], vectors: Tensor, least: float = 0.65) -> list[tuple[int, int]]:
    """Line numbers: a line and the nearest English one, where they are close enough to be translations."""
    english = torch.tensor([i for i, (language, _) in enumerate(picked) if language == "en"])
    keys, found = vectors[english].bfloat16().T.contiguous(), []
    for first in range(0, len(picked), 4096):
        best, where = (vectors[first : first + 4096].bfloat16() @ keys).float().max(1)
        found += [(first + i, int(english[where[i]])) for i in (best > least).nonzero().flatten().tolist()]
    return [(i, j) for i, j in found if picked[i][0] != "en"]


def encode(tokenizer: Tokenizer, lines: list[str]) -> Rows:
    return [np.array(line.ids, np.uint16) for line in tokenizer.encode_batch_fast(lines, add_special_tokens=False)]


def pad(rows: list[list[int]]) -> Tensor:
    tensors = [torch.tensor(row, dtype=torch.long) for row in rows]
    return nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=PAD)


def cut_batches(groups: list[list[int]], lengths: list[int], budget: int) -> list[list[int]]:
    """Batches of the groups' members, of at most `budget` tokens and about equal lengths, in random order."""
    batches: list[list[int]] = [[]]
    for length, group in sorted(zip(lengths, groups, strict=True)):
        if (len(batches[-1]) + len(group)) * length > budget and batches[-1]:
            batches.append([])
        batches[-1] += group
    return random.sample(batches, len(batches))


def line_batches(lines: Rows, partner: dict[int, int], budget: int) -> Batches:
    """For ever: the teacher's lines, each with its translation in the same batch."""
    while True:
        order = random.sample(range(len(lines)), len(lines))
        for first in range(0, len(lines), 16384):
            groups = [[i, partner[i]] if i in partner else [i] for i in order[first : first + 16384]]
            lengths = [2 + max(len(lines[i][: CUT - 2]) for i in group) for group in groups]
            for batch in cut_batches(groups, lengths, budget):
                numbers = list(dict.fromkeys(batch))
                yield pad([[BOS, *lines[i][: CUT - 2], EOS] for i in numbers]), torch.tensor(numbers)


def pair_batches(lines: Rows, pairs: list[tuple[int, int]], budget: int) -> Batches:
    """For ever: a line and its translation in one sequence, so that a masked word can be read off the other side."""
    while True:
        some = [random.sample(pair, 2) for pair in random.sample(pairs, min(8192, len(pairs)))]
        rows = [[BOS, *lines[i][:CUT], EOS, EOS, *lines[j][:CUT], EOS] for i, j in some]
        for batch in cut_batches([[n] for n in range(len(rows))], [len(row) for row in rows], budget):
            yield pad([rows[n] for n in batch]), None


def long_batches(spoken: dict[str, Rows], chances: dict[str, float], budget: int) -> Batches:
    """For ever: lines of one language one after the other up to the full length, so that every position is trained."""
    while True:
        rows: list[list[int]] = []
        for language in random.choices(list(chances), list(chances.values()), k=budget // LONG):
            rows.append([BOS])
            while len(rows[-1]) < LONG - 1:
                rows[-1] += random.choice(spoken[language]).tolist()
        yield pad([[*row[: LONG - 1], EOS] for row in rows]), None


def mask(ids: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
    """BERT's masking at a rate for each row: (corrupted ids, which positions to predict)."""
    chosen = (torch.rand(ids.shape) < rate[:, None]) & (ids > UNK)
    dice, random_ids = torch.rand(ids.shape), torch.randint_like(ids, UNK + 1, MASK)
    corrupted = torch.where(chosen & (dice < 0.8), MASK, ids)
    return torch.where(chosen & (dice > 0.9), random_ids, corrupted), chosen


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


def train(args: argparse.Namespace, texts: Texts, tokenizer: Tokenizer, scratch: Path) -> str:
    """Stages 2 to 4; returns a line for the model card."""
    picked, vectors = teach(texts, args.teacher, scratch, args.teacher_minutes)
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
        rate = torch.full((len(ids),), {"line": 0.2, "pair": 0.25, "long": 0.15}[kind])
        if numbers is not None:
            rate *= torch.rand(len(ids)) < 0.5  # the teacher saw whole lines: leave half of them whole
        inputs, chosen = mask(ids, rate)
        attended = (ids != PAD).long()
        with torch.autocast("cpu", torch.bfloat16):
            output = student.roberta(inputs, attended, output_hidden_states=numbers is not None)
            # The head runs on the masked positions only: over all of them it would cost more than the encoder.
            guesses = student.lm_head(output.last_hidden_state[chosen])
        loss = functional.cross_entropy(guesses.float(), ids[chosen]) if chosen.any() else guesses.sum()
        means[f"masked words ({kind})"].append(loss.item())
        if numbers is not None:
            views = [pool(hidden.float(), attended) for hidden in output.hidden_states]
            views.append(output.last_hidden_state[:, 0].float())  # <s>, what a classifier looks at
            distilled = distiller(views, vectors[numbers])
            means["teacher"].append(distilled.item())
            loss = loss + distilled
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + int(attended.sum())
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
  two in-batch contrasts). Lines are cut at {CUT} tokens. AdamW at up to {RATE:g}, bfloat16, no dropout.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--text", type=Path, nargs="+", required=True, help="LANGUAGE.txt or LANGUAGE.txt.gz")
    parser.add_argument("--out", type=Path, required=True, help="folder for the encoder")
    parser.add_argument("--teacher", required=True, help="folder or Hub id of a multilingual sentence encoder")
    parser.add_argument("--minutes", type=float, default=50, help="minutes of stage 4; stage 3 takes 5%% on top")
    parser.add_argument("--teacher-minutes", type=float, default=15, help="minutes for the teacher's vectors")
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
