"""What the embedded sample set holds: its files by kind, and how to read them."""

import json
from functools import cache
from typing import Any

from xh.mini import SAMPLE

Row = dict[str, Any]

SQUAD = "rajpurkar/squad/plain_text"
SQUAD_V2 = "rajpurkar/squad_v2/squad_v2"
SQUAD_IT = "crux82/squad_it/default"
TYDIQA = "google-research-datasets/tydiqa/secondary_task"
MNLI = "nyu-mll/glue/mnli"
QQP = "nyu-mll/glue/qqp"
PAWSX = "google-research-datasets/paws-x"
HELLASWAG = "Rowan/hellaswag/default"
COSMOS_QA = "allenai/cosmos_qa/default"
COMMONSENSE_QA = "tau/commonsense_qa/default"
COPA = "aps/super_glue/copa"
SIQA = "lighteval/siqa/default"
XCOPA = "cambridgeltl/xcopa/{}/test.jsonl"
UDPOS = "google/xtreme/udpos.{}/test.jsonl"
PANX = "google/xtreme/PAN-X.{}/test.jsonl"
XQUAD = "google/xquad/xquad.{}/validation.jsonl"
MLQA = "google/xtreme/MLQA.{0}.{0}/test.jsonl"
XNLI = "facebook/xnli/{}/test.jsonl"
TATOEBA = "google/xtreme/tatoeba.{}/validation.jsonl"

TESTED = {
    UDPOS: "Arabic Chinese English Finnish German Hindi Japanese Russian Spanish Thai Turkish",
    PANX: "ar de en es hi ja ka my ru sw ta zh",
    XQUAD: "ar de en es hi ru th zh",
    MLQA: "ar de en es hi vi zh",
    XNLI: "ar bg de el en es fr hi ru sw th tr ur vi zh",
    f"{PAWSX}/{{}}/test.jsonl": "de en es fr ja ko zh",
    TATOEBA: "afr ara ben bul cmn deu ell est eus fin fra heb hin hun ind ita jav jpn kat kaz kor mal mar nld pes por "
    "rus spa swh tam tel tgl tha tur urd vie",
}
"""The files of the targets' languages."""

TRAINED = {
    folder: (f"{folder}/train.jsonl", f"{folder}/validation{'_matched' if folder == MNLI else ''}.jsonl")
    for folder in (
        *(SQUAD, SQUAD_V2, TYDIQA, MNLI, QQP, f"{PAWSX}/en", HELLASWAG, COSMOS_QA, COMMONSENSE_QA, "local/ccg"),
        *("google/xtreme/udpos.English", "google/xtreme/PAN-X.en"),
    )
}
"""The files for training and choosing, by folder."""

SMALL = [
    *(f"stanfordnlp/snli/plain_text/{split}.jsonl" for split in ("train", "validation")),
    *(f"facebook/anli/plain_text/{split}_r{number}.jsonl" for split in ("train", "dev") for number in (1, 2, 3)),
]
CAUSES = [
    *(f"{folder}/{split}.jsonl" for folder in (COPA, SIQA) for split in ("train", "validation")),
    *(XCOPA.format(lang) for lang in ("id", "it", "tr", "vi", "zh")),
]
SPOKEN = (
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr nl pt ru sw ta te th tl tr ur vi zh"
)
LINES = [f"wikimedia/wikipedia/20231101.{lang}/train-00000.jsonl" for lang in SPOKEN.split()]
DEV = [
    "google/xtreme/MLQA.en.en/validation.jsonl",
    *(f"facebook/xnli/{lang}/validation.jsonl" for lang in ["de", "en", "es", "ru", "sw", "zh"]),
]
TRANSLATED = {
    **{f"facebook/xnli/{lang}/train.jsonl": 150 for lang in ["de", "es", "ru", "sw", "zh"]},
    **{f"{PAWSX}/{lang}/train.jsonl": 120 for lang in ["de", "es", "zh"]},
    **{f"{PAWSX}/{lang}/validation.jsonl": 30 for lang in ["de", "es", "zh"]},
    f"{SQUAD_IT}/train.jsonl": 120,
    f"{SQUAD_IT}/test.jsonl": 20,
}
"""The files for training in other languages than English, with their numbers of rows."""


MEWSLI_X = [
    *(f"mewslix/{name}.jsonl" for name in ("wikipedia_pairs-train", "wikipedia_pairs-dev", "wikinews_mentions-test")),
    "izhx/mewsli-x/candidate_entities/test.jsonl",
]
"""Records of another shape than the Hub's tables."""


def by_lang(pattern: str) -> dict[str, str]:
    """The test files of a target by language."""
    return {lang: pattern.format(lang) for lang in TESTED[pattern].split()}


FILES = sorted(
    [
        *(path for pattern in TESTED for path in by_lang(pattern).values()),
        *(path for paths in TRAINED.values() for path in paths),
        *SMALL,
        *CAUSES,
        *LINES,
        *DEV,
        *TRANSLATED,
    ]
)


def lines(path: str) -> list[str]:
    text = (SAMPLE / path).read_text(encoding="utf-8")
    assert text.endswith("\n")
    return text[:-1].split("\n")


def read_rows(path: str) -> list[Row]:
    return [json.loads(line) for line in lines(path)]


@cache
def rows(path: str) -> list[Row]:
    return read_rows(path)


def kind(path: str) -> str:
    """The kind of a file's rows, told by a column of theirs."""
    columns = {
        "answers": "span", "tokens": "tag", "source_sentence": "bitext",
        "endings": "choice", "answerKey": "choice", "answer0": "choice", "answerA": "choice", "choice1": "choice",
        "text": "mlm",
    }  # fmt: skip
    return next((name for column, name in columns.items() if column in rows(path)[0]), "classify")


def of_kind(name: str) -> list[str]:
    return [path for path in FILES if kind(path) == name]


def read_questions(lang: str) -> list[Row]:
    """Rows of XQuAD in one language, for a test to change."""
    return read_rows(XQUAD.format(lang))
