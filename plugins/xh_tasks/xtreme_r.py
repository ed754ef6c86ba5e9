"""XTREME-R's editions of four tasks of XTREME, with ten languages more (Ruder et al. 2021, arXiv 2104.07412).

The languages of XTREME are read where its tasks read them, those of UDPOS from Universal Dependencies 2.5; the new ones
of UDPOS are of 2.7 (XTREME scripts/download_data.sh). Tatoeba is tested after SQuAD (scripts/run_tatoeba.sh).
"""

from pathlib import Path
from typing import Any

from xh.api import Files, Hub, MissingError, TaskSpec, hookimpl
from xh_tasks.panx import LABELS, LANGUAGES, ROWS, TESTED
from xh_tasks.revisions import LASER, WIKIANN, XQUAD, XTREME
from xh_tasks.tatoeba import FEWER, ISO_639_3
from xh_tasks.udpos import NAMES, TAGS
from xh_tasks.udpos import SPLITS as UD_SPLITS
from xh_tasks.udpos import TREEBANKS as OLD_TREEBANKS

SPLITS = {"train": "train", "dev": "validation", "test": "test"}
TREEBANKS = Files(
    paths=("ud-treebanks-v2.7/*/{lang}_*-ud-{split}.conllu",),
    splits=UD_SPLITS,
    url="https://lindat.mff.cuni.cz/repository/xmlui/bitstream/handle/11234/1-3424/ud-treebanks-v2.7.tgz",
    reader="xh_tasks.udpos:read",
)
PANX = {"az": 1_000, "gu": 100, "lt": 10_000, "pa": 100, "pl": 10_000, "qu": 100, "ro": 10_000, "uk": 10_000}
TATOEBA = {"az": "aze", "lt": "lit", "pl": "pol", "ro": "ron", "uk": "ukr"}


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    shared: dict[str, Any] = {"roles": ("target",), "groups": ("xtreme-r",)}
    return [
        TaskSpec(
            name="udpos_xr",
            title="UDPOS of XTREME-R, parts of speech",
            kind="tag",
            official="udpos",
            languages=(*NAMES, "lt", "pl", "ro", "uk", "wo"),
            data=Hub("google/xtreme", XTREME, SPLITS, config="udpos.{lang}", codes=NAMES),
            translated=dict.fromkeys(("lt", "pl", "ro", "uk", "wo"), TREEBANKS),
            columns={"tags": "pos_tags"},
            labels=TAGS,
            metric="f1",
            recipe={"epochs": 10.0},
            rows={"train": 21_253, "dev": 3_974},
            reason="the Hub's UDPOS splits multi-word tokens, XTREME fuses them (--set udpos_xr.source=conllu)",
            variants={"source": {"hub": {}, "conllu": {"data": OLD_TREEBANKS, "reason": None}}},
            licence="by treebank, mostly CC-BY-SA-4.0 and CC-BY-NC-SA-4.0",
            citation="Ruder et al. 2021, arXiv:2104.07412; Nivre et al. 2020, arXiv:2004.10643",
            **shared,
        ),
        TaskSpec(
            name="panx_xr",
            title="PAN-X of XTREME-R, named entities",
            kind="tag",
            official="panx",
            languages=(*LANGUAGES, *PANX),
            data=Hub("google/xtreme", XTREME, SPLITS, config="PAN-X.{lang}", row="xh_tasks.panx:row"),
            translated=dict.fromkeys(
                PANX, Hub("unimelb-nlp/wikiann", WIKIANN, SPLITS, "{lang}", row="xh_tasks.panx:row")
            ),
            columns={"tags": "ner_tags"},
            labels=LABELS,
            metric="f1",
            recipe={"epochs": 10.0},
            rows=ROWS | {"test": TESTED | PANX},
            licence="not stated; the text is Wikipedia's, CC-BY-SA-3.0",
            citation="Ruder et al. 2021, arXiv:2104.07412; Pan et al. 2017, ACL P17-1178",
            **shared,
        ),
        TaskSpec(
            name="tatoeba_xr",
            title="Tatoeba of XTREME-R, after SQuAD",
            kind="bitext",
            official="tatoeba",
            languages=(*ISO_639_3, *TATOEBA),
            data=Hub("google/xtreme", XTREME, {"test": "validation"}, config="tatoeba.{lang}", codes=ISO_639_3),
            translated={lang: _sentences(code) for lang, code in TATOEBA.items()},
            columns={"source": "source_sentence", "target": "target_sentence"},
            train_from="squad",
            metric="accuracy",
            recipe={"search": "nearest"},
            rows={"test": {lang: FEWER.get(lang, 1_000) for lang in (*ISO_639_3, *TATOEBA)}},
            licence="CC-BY-2.0-FR",
            citation="Ruder et al. 2021, arXiv:2104.07412; Artetxe and Schwenk 2019, arXiv:1812.10464",
            **shared,
        ),
        TaskSpec(
            name="xquad_xr",
            title="XQuAD of XTREME-R, question answering",
            kind="span",
            official="xquad",
            languages=("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh"),
            data=Hub("google/xquad", XQUAD, {"test": "validation"}, config="xquad.{lang}"),
            train_from="squad",
            metric="f1",
            rows={"test": 1_190},
            licence="CC-BY-SA-4.0",
            citation="Ruder et al. 2021, arXiv:2104.07412; Artetxe et al. 2020, arXiv:1910.11856",
            **shared,
        ),
    ]


def _sentences(code: str) -> Files:
    return Files(
        paths=(f"LASER*/data/tatoeba/v1/tatoeba.{code}-eng.*",),
        splits={"test": "test"},
        url=f"https://github.com/facebookresearch/LASER/archive/{LASER}.tar.gz",
        reader="xh_tasks.xtreme_r:sentences",
    )


def sentences(paths: list[Path]) -> list[dict[str, str]]:
    """The lines of a language's file, each with that of the English one."""
    sides = {path.suffix == ".eng": path.read_text(encoding="utf-8").splitlines() for path in paths}
    counts = {english: len(lines) for english, lines in sides.items()}
    if len(sides) < 2 or counts[True] != counts[False]:
        raise MissingError(f"{', '.join(map(str, paths))} are not two files of as many lines.")
    return [
        {"source_sentence": source, "target_sentence": target}
        for source, target in zip(sides[False], sides[True], strict=True)
    ]
