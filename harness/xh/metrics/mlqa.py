"""Exact match and F1 of MLQA, whose normalisation depends on the answer's language.

Source: Lewis et al. 2020 (arXiv 1910.07475); XTREME `third_party/evaluate_mlqa.py`. All Unicode punctuation goes, then
the language's articles; Chinese characters are a token each; nothing is Unicode-normalised.
"""

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial

from xh.metrics.answers import AnswerScore, mean_scores, token_f1

_ARTICLES = {
    "ar": re.compile("ال"),  # anywhere, also inside words
    "de": re.compile(r"\b(?:ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    "en": re.compile(r"\b(?:a|an|the)\b"),
    "es": re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b"),
    "vi": re.compile(r"\b(?:của|là|cái|chiếc|những)\b"),
}
_SEGMENTED = re.compile("([\u4e00-\u9fa5])")

LANGUAGES = ("en", "es", "de", "ar", "hi", "vi", "zh")


def normalize(text: str, lang: str) -> str:
    """Return `text` in lower case without punctuation, then without `lang`'s articles, its tokens single-spaced.

    Raises ValueError for a language that MLQA has not.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"MLQA has no language {lang!r}, only {', '.join(LANGUAGES)}")
    bare = "".join(character for character in text.lower() if not _is_punctuation(character))
    if lang in _ARTICLES:
        bare = _ARTICLES[lang].sub(" ", bare)
    if lang == "zh":
        bare = _SEGMENTED.sub(r" \1 ", bare)
    return " ".join(bare.split())


def exact_match(prediction: str, gold: str, lang: str) -> float:
    """Return 1.0 if both answers are equal after `normalize`, else 0.0."""
    return float(normalize(prediction, lang) == normalize(gold, lang))


def f1(prediction: str, gold: str, lang: str) -> float:
    """Return the F1 (0..1) of the two bags of normalised tokens: 0.0 if they share none, so also if both are empty."""
    return token_f1(normalize(prediction, lang).split(), normalize(gold, lang).split())


def evaluate(predictions: Mapping[str, str], golds: Mapping[str, Sequence[str]], lang: str) -> AnswerScore:
    """Score `{question id: answer}` against `{question id: gold answers}` as `answers.mean_scores` does.

    Raises ValueError also for a language that MLQA has not.
    """
    return mean_scores(predictions, golds, partial(exact_match, lang=lang), partial(f1, lang=lang))


def _is_punctuation(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")
