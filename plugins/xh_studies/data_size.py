"""How much English intermediate data zero-shot accuracy needs."""

from xh.api import StudySpec, hookimpl


@hookimpl
def xh_studies() -> list[StudySpec]:
    return [
        StudySpec(
            name="data-size",
            title="the gain by the amount of intermediate data",
            question="How much English intermediate data does zero-shot accuracy need, on PAWS-X and on other targets?",
            hypothesis="The gain grows with the logarithm of the data, and PAWS-X needs less of it than other targets.",
            options={
                "profile": "phang2020",
                "inter": ["mnli", "squad", "hellaswag"],
                "target": ["xtreme"],
                "vary": {"limit-intermediate": ["1%", "3%", "10%", "30%", "100%"]},
                "seeds": [1, 2, 3],
            },
            small={
                "inter": ["mnli", "squad"],
                "target": ["pawsx", "xnli", "tatoeba"],
                "vary": {"limit-intermediate": ["10%", "30%", "100%"]},
                "limit-target": 200,
                "seeds": [1],
            },
            views=("curve:limit-intermediate", "contrast:target=pawsx,rest", "heatmap"),
            citation="Phang et al. 2020, arXiv:2005.13013; Vu et al. 2020, arXiv:2005.00770",
        )
    ]
