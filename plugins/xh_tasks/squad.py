"""SQuAD 1.1: answers are spans of Wikipedia paragraphs (Rajpurkar et al. 2016, arXiv 1606.05250)."""

from xh.api import Hub, TaskSpec, hookimpl

MLQA = "397ed406c1a7902140303e7faf60fff35b58d285"


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="squad",
            aliases=("squad_v1", "squad_v1.1"),
            title="SQuAD 1.1, question answering",
            kind="span",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Hub(
                "rajpurkar/squad",
                revision="main",
                config="plain_text",
                splits={"train": "train", "dev": "validation"},
            ),
            translated={
                "es": Hub("ccasimiro88/squad_es", "main", {"train": "train", "dev": "validation"}, config="v1.1.0"),
                "it": Hub("crux82/squad_it", "main", {"train": "train", "dev": "test"}, config="default"),
                **{
                    lang: Hub("facebook/mlqa", MLQA, {"train": "train"}, config=f"mlqa-translate-train.{lang}")
                    for lang in ("ar", "de", "hi", "vi", "zh")
                },
            },
            metric="f1",
            rows={"train": 87_599, "dev": 10_570},
            licence="CC-BY-SA-4.0",
            citation="Rajpurkar et al. 2016, arXiv:1606.05250",
        )
    ]
