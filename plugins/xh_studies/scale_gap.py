"""Whether size closes the gap between English and the target language."""

from xh.api import StudySpec, hookimpl


@hookimpl
def xh_studies() -> list[StudySpec]:
    return [
        StudySpec(
            name="scale-gap",
            title="English intermediate training against training in the target language, by model size",
            question="Does a larger model close the gap between English training and training in the target language?",
            hypothesis="The gap shrinks with size, and intermediate training closes part of it.",
            options={
                "profile": "phang2020",
                "model": ["xlm-roberta-base", "xlm-roberta-large", "xlm-roberta-xl"],
                "target": ["xnli", "pawsx", "panx", "udpos", "tydiqa"],
            },
            arms=({"inter": ["mnli", "squad"]}, {"inter": ["none"], "train-lang": "each"}),
            small={"target": ["xnli", "pawsx"], "langs": ["de", "es", "ru", "zh"], "limit-train": 150},
            views=("gap", "heatmap"),
            citation="Hu et al. 2020, arXiv:2003.11080",
        )
    ]
