"""Tatoeba: find each English sentence's translation among up to 1,000 (Artetxe and Schwenk 2019, arXiv 1812.10464)."""

from xh.api import Hub, TaskSpec, hookimpl
from xh_tasks.revisions import XTREME

ISO_639_3 = {
    "af": "afr", "ar": "ara", "bg": "bul", "bn": "ben", "de": "deu", "el": "ell", "es": "spa", "et": "est", "eu": "eus",
    "fa": "pes", "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn",
    "jv": "jav", "ka": "kat", "kk": "kaz", "ko": "kor", "ml": "mal", "mr": "mar", "nl": "nld", "pt": "por", "ru": "rus",
    "sw": "swh", "ta": "tam", "te": "tel", "th": "tha", "tl": "tgl", "tr": "tur", "ur": "urd", "vi": "vie", "zh": "cmn",
}  # fmt: skip
FEWER = {"jv": 205, "te": 234, "ta": 307, "sw": 390, "th": 548, "kk": 575, "ml": 687, "ka": 746}


PAIRS = Hub("google/xtreme", revision=XTREME, config="tatoeba.{lang}", codes=ISO_639_3, splits={"test": "validation"})
ROWS: dict[str, int | dict[str, int]] = {"test": {lang: FEWER.get(lang, 1_000) for lang in ISO_639_3}}


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="tatoeba",
            title="Tatoeba, nearest translation",
            kind="bitext",
            roles=("target",),
            groups=("xtreme",),
            languages=tuple(ISO_639_3),
            data=PAIRS,
            columns={"source": "source_sentence", "target": "target_sentence"},
            metric="accuracy",
            recipe={"search": "nearest"},
            rows=ROWS,
            licence="CC-BY-2.0-FR",
            citation="Artetxe and Schwenk 2019, arXiv:1812.10464",
        )
    ]
