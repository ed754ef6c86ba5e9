"""PAN-X (WikiANN): names of persons, organisations and places in 40 Wikipedias (Pan et al. 2017, ACL P17-1178).

The splits are those of Rahimi et al. 2019 (arXiv 1902.00193).
"""

from typing import Any

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import XTREME

LANGUAGES = (
    "af", "ar", "bg", "bn", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "he", "hi", "hu", "id", "it",
    "ja", "jv", "ka", "kk", "ko", "ml", "mr", "ms", "my", "nl", "pt", "ru", "sw", "ta", "te", "th", "tl", "tr",
    "ur", "vi", "yo", "zh",
)  # fmt: skip
FEWER = dict.fromkeys(("af", "bn", "hi", "kk", "ml", "mr", "ms", "sw", "ta", "te", "tl", "ur"), 1_000)
FEWEST = dict.fromkeys(("jv", "my", "yo"), 100)
TESTED = dict.fromkeys(LANGUAGES, 10_000) | FEWER | FEWEST
ROWS: dict[str, int | dict[str, int]] = {"train": 20_000, "dev": 10_000, "test": TESTED}
LABELS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="panx",
            aliases=("pan-x", "wikiann"),
            title="PAN-X, named entity recognition",
            kind="tag",
            roles=("target",),
            groups=("xtreme",),
            languages=LANGUAGES,
            data=Hub(
                "google/xtreme",
                revision=XTREME,
                config="PAN-X.{lang}",
                splits={"train": "train", "dev": "validation", "test": "test"},
                row="xh_tasks.panx:row",
            ),
            columns={"tags": "ner_tags"},
            labels=LABELS,
            metric="f1",
            recipe={"epochs": 10.0},
            rows=ROWS,
            licence="not stated; the text is Wikipedia's, CC-BY-SA-3.0",
            citation="Pan et al. 2017, ACL P17-1178; splits of Rahimi et al. 2019, arXiv:1902.00193",
        )
    ]


def row(row: dict[str, Any], lang: str) -> dict[str, Any]:
    """The row without the prefix ``lang:`` that all words have in the files of Rahimi et al."""
    tokens, prefix = row["tokens"], f"{lang}:"
    if all(token.startswith(prefix) for token in tokens):
        tokens = [token.removeprefix(prefix) for token in tokens]
    return {**row, "tokens": tokens}
