"""Alignment as a target: how near translations are in every layer of an encoder, without training."""

from xh.api import Encoding, Files, KindSpec, TaskSpec, hookimpl
from xh_tasks.tatoeba import ISO_639_3, PAIRS, ROWS


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
            data=PAIRS,
            columns={"source": "source_sentence", "target": "target_sentence"},
            metric="centred_margin",
            rows=ROWS,
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
