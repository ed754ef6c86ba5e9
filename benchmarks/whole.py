"""What the whole takes: XTREME-R after nine intermediate tasks and none, five seeds, six encoders.

python benchmarks/whole.py [--flops 110] [--gpus 8 64 512]

The stages are xh's own plan, with the settings of the profile phang2020 and the official numbers of rows; the wall time
is what the scheduler of every engine makes of them. Seconds are arithmetic: a weight of the layers is 6 operations for
each token that is learnt and 2 for each that is tested, at ``--flops`` TFLOP/s; what a stage needs besides is START. No
data, model or GPU is needed.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec.structs import replace

from xh.data.places import Places
from xh.engine.scheduler import Scheduler, makespan
from xh.plan import Plan, Request, build
from xh.plan.disk import CHECKPOINTS
from xh.plan.rows import Rows
from xh.plugins import registry
from xh.spec import Stage


class Encoder(NamedTuple):
    """Weights in millions: of the layers, and of all."""

    name: str
    layers: int
    all: int


ENCODERS = (
    Encoder("bert-base-multilingual-cased", 85, 178),
    Encoder("xlm-roberta-base", 85, 278),
    Encoder("mdeberta-v3-base", 85, 279),
    Encoder("xlm-roberta-large", 302, 560),
    Encoder("multilingual-e5-large", 302, 560),
    Encoder("xlm-roberta-xl", 2832, 3480),
)
TOKENS = {
    "anli_plus": 45, "cosmosqa": 485, "commonsenseqa": 118, "hellaswag": 398, "siqa": 110, "copa": 52, "xcopa": 58,
    "mnli": 44, "xnli": 45, "qqp": 34, "squad": 208, "squad_v2": 234, "squad_pairs": 208, "mlqa": 283, "xquad_xr": 283,
    "tydiqa": 202, "panx_xr": 15, "udpos_xr": 31, "ccg": 28, "mewslix": 64, "lareqa": 208, "tatoeba_xr": 20,
}  # fmt: skip
"""Subword tokens of XLM-R's vocabulary for each row, all its windows or choices together: the mean over 400 rows of the
public data of each task; of MLQA those of XQuAD, of LAReQA and its pairs SQuAD's, of Mewsli-X its max_length."""
ROWS = {"ccg": 38_015, "squad_pairs": 87_599, "udpos_xr": 60_000}
"""Rows that no record says: CCGbank's as in Phang et al.; about as many sentences as the treebanks' test sets have."""
POOL = {"mewslix": 1_003_893}
"""Candidates that are encoded beside the test rows."""
LEARNT, TESTED, DEV = 6, 2, 1.1
"""Operations of a token; and what looks at the dev set add."""
START = 60
"""Seconds of a stage beside its arithmetic: weights and rows read, checkpoints and the model written, mining."""


def stand_ins(folder: Path) -> Request:
    """The request, with an encoder of 24 layers that has no weights, and CCGbank, which nobody may pass on."""
    config = {"model_type": "xlm-roberta", "num_hidden_layers": 24, "max_position_embeddings": 514}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    header = json.dumps({"weights": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0")
    for split in ("train", "validation"):
        (folder / f"{split}.txt").write_text("Eve|NNP|N sleeps|VBZ|S\\N\n")
    return Request(
        inter=("phang2020",),
        target=("xtreme-r",),
        profile="phang2020",
        model=str(folder),
        data=Places("hub", {"ccg": str(folder)}),
        seeds=(1, 2, 3, 4, 5),
        offline=True,
    )


def tokens(stage: Stage, rows: Rows) -> float:
    """Those that a stage reads, in all its epochs."""
    name = stage.inputs.task.name
    count = ROWS.get(name) or sum((rows.of(stage) or {}).values())
    count += POOL.get(name, 0) * (not stage.trains)
    return count * TOKENS[name] * (float(stage.inputs.recipe["epochs"]) if stage.trains else 1)


def of_encoder(plan: Plan, encoder: Encoder) -> Iterator[Stage]:
    """The plan's stages with another encoder, parents first."""
    names: dict[str | None, str | None] = {None: None}
    for stage in plan.stages.values():
        inputs = replace(stage.inputs, encoder=encoder.name, parent=names[stage.inputs.parent])
        made = replace(stage, inputs=inputs)
        names[stage.id] = made.id
        yield made


def days(seconds: float) -> str:
    return f"{seconds / 3600:,.0f} h" if seconds < 100 * 3600 else f"{seconds / 86400:,.1f} days"


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flops", type=float, default=110.0)
    parser.add_argument("--gpus", type=int, nargs="+", default=[8, 64, 512])
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        plan = build(stand_ins(Path(folder)), registry())
        rows = Rows(plan.locations)
        work = [tokens(stage, rows) for stage in plan.stages.values()]
    stages: list[Stage] = []
    seconds: dict[str, float | None] = {}
    print("| encoder | stages | GPU-hours | of them trainings | longest chain | models that stay |")
    print("| --- | --- | --- | --- | --- | --- |")
    for encoder in ENCODERS:
        own = list(of_encoder(plan, encoder))
        took = [_seconds(stage, count, encoder, args.flops) for stage, count in zip(own, work, strict=True)]
        trained = sum(each for stage, each in zip(own, took, strict=True) if stage.trains)
        times = {stage.id: each for stage, each in zip(own, took, strict=True)}
        kept = sum(stage.phase == "intermediate" for stage in own) * encoder.all * 4 / 1e6
        longest = max(Scheduler(own, times).ways.values())
        print(
            f"| {encoder.name} | {len(own):,} | {sum(took) / 3600:,.0f} | {trained / sum(took):.0%} | "
            f"{longest / 3600:,.1f} h | {kept:,.2f} TB |"
        )
        stages += own
        seconds |= times
    total = sum(each or 0.0 for each in seconds.values())
    print(f"\n{len(stages):,} stages, {total / 3600:,.0f} GPU-hours\n")
    print("| GPUs | wall | busy | disk at the most, while trainings run |")
    print("| --- | --- | --- | --- |")
    largest = max(encoder.all for encoder in ENCODERS) * 4 / 1e6 * (1 + CHECKPOINTS)
    of_largest = sum(stage.trains and stage.inputs.encoder == ENCODERS[-1].name for stage in stages)
    for gpus in args.gpus:
        wall = makespan(stages, seconds, gpus)
        print(f"| {gpus} | {days(wall)} | {total / wall / gpus:.0%} | {min(gpus, of_largest) * largest:,.1f} TB |")


def _seconds(stage: Stage, count: float, encoder: Encoder, tera: float) -> float:
    operations = LEARNT * DEV if stage.trains else TESTED
    return START + count * operations * encoder.layers * 1e6 / (tera * 1e12)


if __name__ == "__main__":
    main()
