"""Whether similar intermediate tasks help more, and whether that depends on the size of the model."""

from xh.api import StudySpec, hookimpl


@hookimpl
def xh_studies() -> list[StudySpec]:
    return [
        StudySpec(
            name="nli-similarity",
            title="similarity of inference tasks to targets, against the gain",
            question="Does the similarity of an intermediate inference task to a target predict the gain?",
            hypothesis="More similar tasks gain more, and less so the larger the model is.",
            options={
                "profile": "phang2020",
                "model": ["xlm-roberta-base", "xlm-roberta-large", "xlm-roberta-xl"],
                "inter": ["mnli", "anli_plus", "anli", "snli", "mnli@de", "mnli@zh", "mnli@sw"],
                "target": ["xtreme"],
                "similarity": ["textemb", "logme", "cka"],
            },
            small={
                "inter": ["mnli", "snli", "anli", "mnli@de"],
                "target": ["xnli", "pawsx", "udpos", "tatoeba"],
                "limit-train": 150,
            },
            views=("scatter", "heatmap"),
            citation="Vu et al. 2020, arXiv:2005.00770; Poth et al. 2021, arXiv:2104.08247",
        )
    ]
