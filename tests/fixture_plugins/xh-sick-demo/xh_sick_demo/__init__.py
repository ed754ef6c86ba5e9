"""Graded sentence pairs in the manner of SICK: as entailment, and with a kind of its own as relatedness."""

from xh.api import Files, KindSpec, TaskSpec, hookimpl

PAIRS = Files(
    package="xh_sick_demo",
    paths=("data/{lang}/{split}.jsonl",),
    splits={"train": "train", "dev": "dev", "test": "test"},
)


@hookimpl
def xh_kinds():
    return [KindSpec(name="graded", code="xh_sick_demo.kind:Graded")]


@hookimpl
def xh_tasks():
    return [
        TaskSpec(
            name="sick-demo",
            title="Graded sentence pairs, entailment",
            kind="classify",
            roles=("intermediate", "target"),
            groups=("demo",),
            languages=("en", "de"),
            data=PAIRS,
            columns={"text_a": "sentence_A", "text_b": "sentence_B"},
            labels=("entailment", "neutral", "contradiction"),
            metric="xh_sick_demo.metric:macro_f1",
            rows={"train": 18, "dev": 6, "test": 9},
            reason="a demonstration with its own data",
            licence="CC0-1.0",
            citation="written for the tests of xh",
        ),
        TaskSpec(
            name="sick-graded",
            title="Graded sentence pairs, relatedness",
            kind="graded",
            roles=("target",),
            groups=("demo",),
            languages=("en", "de"),
            data=PAIRS,
            columns={"text_a": "sentence_A", "text_b": "sentence_B", "score": "relatedness"},
            metric="pearson",
            recipe={"best": 5.0},
            reason="a demonstration with its own data",
            licence="CC0-1.0",
            citation="written for the tests of xh",
        ),
    ]
