"""Entailed pairs of SNLI and MNLI for contrastive training, with contradictions of the same premise as hard negatives.

It is how mSimCSE trains in English alone (Wang et al. 2022, arXiv 2211.06127), after SimCSE (Gao et al. 2021, arXiv
2104.08821); the studies of intermediate tasks train a classifier on the same data instead (``snli``, ``mnli``).
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import GLUE, SNLI

ENTAILMENT, CONTRADICTION = 0, 2
PAIRS = "xh_tasks.nli_pairs:pairs"


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="nli_pairs",
            title="Entailed pairs of NLI, contrastive",
            kind="rank",
            roles=("intermediate",),
            languages=("en",),
            data=(
                Hub("stanfordnlp/snli", SNLI, {"train": "train", "dev": "validation"}, config="plain_text", rows=PAIRS),
                Hub("nyu-mll/glue", GLUE, {"train": "train", "dev": "validation_matched"}, config="mnli", rows=PAIRS),
            ),
            metric="map@20",
            # Two sentences with much in common: the other hypotheses of a batch are the wrong answers.
            recipe={"batch_size": 64, "epochs": 1.0, "max_query": 64, "max_length": 64, "temperature": 0.05},
            licence="CC-BY-SA-4.0 (SNLI), by genre (MNLI)",
            citation="Wang et al. 2022, arXiv:2211.06127; Bowman et al. 2015, arXiv:1508.05326; "
            "Williams et al. 2018, arXiv:1704.05426",
        )
    ]


def pairs(rows: Sequence[dict[str, Any]], lang: str) -> list[dict[str, Any]]:
    """Each premise with a hypothesis that follows from it; what contradicts the same premise are its negatives."""
    contradictions = defaultdict[str, list[str]](list)
    for row in rows:
        if row["label"] == CONTRADICTION and row["hypothesis"].strip():
            contradictions[row["premise"]].append(row["hypothesis"])
    return [
        {"query": row["premise"], "candidate": row["hypothesis"], "negatives": contradictions[row["premise"]]}
        for row in rows
        if row["label"] == ENTAILMENT and row["premise"].strip() and row["hypothesis"].strip()
    ]
