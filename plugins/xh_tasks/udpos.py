"""UDPOS: universal parts of speech in 33 languages (Universal Dependencies 2.5, Nivre et al. 2020, arXiv 2004.10643).

XTREME fuses the parts of multi-word tokens before it counts; the Hub copy does not. ``--set udpos.source=conllu`` reads
the treebanks of UD 2.5 as XTREME does: from the archive, or from ``DIR/ud-treebanks-v2.5`` as it unpacks.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from xh.api import Files, Hub, MissingError, TaskSpec, hookimpl
from xh_tasks.revisions import XTREME

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
RANKS = {
    "es": "VERB AUX PRON ADP DET",
    "fr": "VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ",
    "it": "VERB AUX ADV PRON ADP DET INTJ",
}
OTHER_RANKS = "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT"
SPLITS = {"train": "train", "dev": "dev", "test": "test"}
TREEBANKS = Files(
    paths=("ud-treebanks-v2.5/*/{lang}_*-ud-{split}.conllu",),
    splits=SPLITS,
    url="https://lindat.mff.cuni.cz/repository/xmlui/bitstream/handle/11234/1-3105/ud-treebanks-v2.5.tgz",
    reader="xh_tasks.udpos:read",
)


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
                revision=XTREME,
                config="udpos.{lang}",
                codes=NAMES,
                splits={"train": "train", "dev": "validation", "test": "test"},
            ),
            columns={"tags": "pos_tags"},
            labels=TAGS,
            metric="f1",
            recipe={"epochs": 10.0},
            rows={"train": 21_253, "dev": 3_974},
            reason="the Hub's UDPOS splits multi-word tokens, XTREME fuses them (--set udpos.source=conllu)",
            variants={"source": {"hub": {}, "conllu": {"data": TREEBANKS, "reason": None}}},
            licence="by treebank, mostly CC-BY-SA-4.0 and CC-BY-NC-SA-4.0",
            citation="Nivre et al. 2020, arXiv:2004.10643",
        )
    ]


class Word(NamedTuple):
    """A line of a treebank: ``head`` is the number of the word that it depends on, 0 for the root."""

    form: str
    tag: str
    head: int


def read(paths: list[Path]) -> list[dict[str, Any]]:
    """The sentences of a language's treebanks as XTREME makes them: fused, without those whose words are hidden.

    Treebanks follow one another by file name. A sentence in which all words or all but one are ``_`` (the text is not
    free) is left out. Words lose U+200C and spaces.

    Source: XTREME ``scripts/download_data.sh``, ``utils_preprocess.py`` (``udpos_preprocess``) and
    ``third_party/ud-conversion-tools`` with ``--replace_subtokens_with_fused_forms``.
    """
    return [
        {"tokens": [_clean(word.form) for word in words], "pos_tags": [word.tag for word in words]}
        for path in sorted(paths, key=lambda path: path.name)
        for words in _sentences(path)
        if not _hidden(words)
    ]


def _hidden(words: list[Word]) -> bool:
    empty = sum(word.form == "_" for word in words)
    return empty > 0 and empty >= len(words) - 1


def _clean(form: str) -> str:
    return form.replace("\u200c", "").replace(" ", "")


def _sentences(path: Path) -> Iterator[list[Word]]:
    ranks = RANKS.get(path.name.partition("_")[0], OTHER_RANKS).split()
    lines = enumerate(path.read_text(encoding="utf-8").split("\n"), 1)
    for blank, group in groupby(lines, lambda line: not line[1].strip()):
        if not blank:
            yield _fused(*_parsed(group, path), ranks)


def _parsed(lines: Any, path: Path) -> tuple[dict[int, Word], list[tuple[int, int, str]]]:
    """A sentence's words by number, and its multi-word tokens: first word, last word, form."""
    words: dict[int, Word] = {}
    fused: list[tuple[int, int, str]] = []
    for number, line in lines:
        if line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        try:
            key, form, tag, head = cells[0], cells[1], cells[3], cells[6]
            if "-" in key:
                first, last = map(int, key.split("-"))
                fused.append((first, last, form))
            elif "." not in key:
                words[int(key)] = Word(form, tag, int(head) if head != "_" else 0)
        except (IndexError, ValueError) as error:
            raise MissingError(f"{path}, line {number}: {line[:60]!r} is not a line of a CoNLL-U file.") from error
    return words, fused


def _fused(words: dict[int, Word], tokens: list[tuple[int, int, str]], ranks: list[str]) -> list[Word]:
    """The words with each multi-word token in the place of its parts, tagged as the one that stands highest."""
    kept = dict(words)
    for first, last, form in tokens:
        parts = range(first, last + 1)
        top = min(parts, key=lambda part: (_depth(words, part), _rank(words[part].tag, ranks), part))
        for part in parts:
            del kept[part]
        kept[top] = words[top]._replace(form=form)
    return [kept[number] for number in sorted(kept)]


def _depth(words: dict[int, Word], number: int) -> int:
    """How many words stand above this one."""
    above: set[int] = set()
    while (number := words[number].head) and number not in above:
        above.add(number)
    return len(above)


def _rank(tag: str, ranks: list[str]) -> int:
    return ranks.index(tag) if tag in ranks else len(ranks)
