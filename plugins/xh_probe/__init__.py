"""Alignment as a target: how near translations are in every layer of an encoder, without training."""

from xh.api import Encoding, Files, Hub, KindSpec, TaskSpec, hookimpl
from xh_tasks.revisions import XTREME
from xh_tasks.tatoeba import FEWER, ISO_639_3


@hookimpl
def xh_kinds() -> list[KindSpec]:
    return [
        KindSpec(
            name="probe",
            code="xh_probe.kind:Probe",
            required=("source", "target"),
            recipe=Encoding,
            trained=False,
        )
    ]


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    reason = "alignment by layer is no task of the benchmark"
    return [
        TaskSpec(
            name="alignment",
            title="Alignment by layer, sentences",
            kind="probe",
            roles=("target",),
            languages=tuple(ISO_639_3),
            data=Hub(
                "google/xtreme",
                revision=XTREME,
                config="tatoeba.{lang}",
                codes=ISO_639_3,
                splits={"test": "validation"},
            ),
            columns={"source": "source_sentence", "target": "target_sentence"},
            metric="centred_margin",
            rows={"test": {lang: FEWER.get(lang, 1_000) for lang in ISO_639_3}},
            reason=reason,
            licence="CC-BY-2.0-FR",
            citation="Artetxe and Schwenk 2019, arXiv:1812.10464",
        ),
        TaskSpec(
            name="word_alignment",
            title="Alignment by layer, words",
            kind="probe",
            roles=("target",),
            languages=tuple(ISO_639_3),
            data=Files(
                paths=("words/en-{lang}.txt",),
                splits={"test": "test"},
                reader="xh_probe.words:read",
                hint="a dictionary of MUSE or FreeDict, with a line for each pair: house Haus",
            ),
            metric="centred_margin",
            reason=reason,
            licence="that of the dictionary",
            citation="Conneau et al. 2017, arXiv:1710.04087",
        ),
    ]
