"""UDPOS: universal parts of speech in 33 languages (Universal Dependencies 2.5, Nivre et al. 2020, arXiv 2004.10643).

XTREME fuses the parts of multi-word tokens before it counts; the Hub copy does not.
"""

from xh.api import Hub, TaskSpec, hookimpl

NAMES = {
    "af": "Afrikaans", "ar": "Arabic", "bg": "Bulgarian", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese",
    "kk": "Kazakh", "ko": "Korean", "mr": "Marathi", "nl": "Dutch", "pt": "Portuguese", "ru": "Russian",
    "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "ur": "Urdu", "vi": "Vietnamese",
    "yo": "Yoruba", "zh": "Chinese",
}  # fmt: skip
TAGS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM",
    "VERB", "X",
)  # fmt: skip


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="udpos",
            title="UDPOS, part-of-speech tagging",
            kind="tag",
            roles=("target",),
            groups=("xtreme",),
            languages=tuple(NAMES),
            data=Hub(
                "google/xtreme",
                revision="main",
                config="udpos.{lang}",
                codes=NAMES,
                splits={"train": "train", "dev": "validation", "test": "test"},
            ),
            columns={"tags": "pos_tags"},
            labels=TAGS,
            metric="f1",
            recipe={"epochs": 10.0},
            rows={"train": 21_253, "dev": 3_974},
            reason="the Hub's UDPOS splits multi-word tokens, XTREME fuses them",
            licence="by treebank, mostly CC-BY-SA-4.0 and CC-BY-NC-SA-4.0",
            citation="Nivre et al. 2020, arXiv:2004.10643",
        )
    ]
