"""Sentence vectors from layer 8 of 12: ours, sentence-transformers cut to 8 layers and as shipped, XTREME's recipe.

python benchmarks/vectors.py --model FOLDER_OR_ID [--data DIR] [--sentences N]
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from by_hand import encoder
from rounds import rounds, table
from transformers import AutoModel, AutoTokenizer

from xh.data.places import data_folder
from xh.mini import SAMPLE
from xh.retrieval import encode

LAYER = 8


def sentences(count: int, folder: Path = SAMPLE) -> list[str]:
    """Distinct sentences of BUCC's texts, in their order."""
    files = sorted((folder / "bucc2018").glob("*/*.training.??"))
    lines = (line for file in files for line in file.read_text(encoding="utf-8").rstrip("\n").split("\n"))
    texts = list(dict.fromkeys(line.partition("\t")[2] for line in lines))
    return texts[:: max(1, len(texts) // count)][:count]


def xtreme(model: torch.nn.Module, tokenizer: object, texts: list[str]) -> np.ndarray:
    """evaluate_retrieval.py: batches of 100 in the file's order, every layer, every layer pooled."""
    found = []
    for start in range(0, len(texts), 100):
        batch = tokenizer(
            texts[start : start + 100], padding=True, truncation=True, max_length=512, return_tensors="pt"
        )
        mask = batch["attention_mask"]
        with torch.no_grad():
            states = model(**batch, output_hidden_states=True).hidden_states[1:]
        pooled = [(state * mask[..., None].float()).sum(1) / mask.sum(1)[:, None].float() for state in states]
        found.append([layer.numpy() for layer in pooled][LAYER - 1])
    return np.concatenate(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="intfloat/multilingual-e5-small")
    parser.add_argument("--sentences", type=int, default=300)
    parser.add_argument("--data", default="sample")
    args = parser.parse_args()
    torch.set_num_threads(1)
    texts = sentences(args.sentences, data_folder(args.data))
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    whole = AutoModel.from_pretrained(args.model, dtype=torch.float32).eval()
    cut = {dtype: encoder(args.model, LAYER, dtype=dtype) for dtype in (torch.float32, torch.bfloat16)}
    shipped = encoder(args.model, None, dtype=torch.float32)
    half = cut[torch.bfloat16][0].auto_model
    vectors = encode(whole, texts, layer=LAYER, dtype="float32", tokenizer=tokenizer)
    np.testing.assert_allclose(vectors, cut[torch.float32].encode(texts), atol=1e-5)
    np.testing.assert_allclose(vectors, xtreme(whole, tokenizer, texts), atol=1e-5)
    work = {
        "ours": lambda: encode(whole, texts, layer=LAYER, dtype="float32", tokenizer=tokenizer),
        "sentence-transformers cut to 8 layers": lambda: cut[torch.float32].encode(texts),
        "sentence-transformers as shipped": lambda: shipped.encode(texts),
        "XTREME's recipe": lambda: xtreme(whole, tokenizer, texts),
    }
    table(f"sentence vectors, layer {LAYER} of 12, fp32", rounds(work), len(texts), "sentences a CPU-s")
    work = {
        "ours": lambda: encode(half, texts, layer=LAYER, dtype="bfloat16", tokenizer=tokenizer),
        "sentence-transformers cut to 8 layers, bf16": lambda: cut[torch.bfloat16].encode(
            texts, convert_to_tensor=True
        ),
    }
    table(f"sentence vectors, layer {LAYER} of 12, bf16", rounds(work), len(texts), "sentences a CPU-s")


if __name__ == "__main__":
    main()
