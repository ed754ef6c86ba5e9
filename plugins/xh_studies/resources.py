"""Whether languages with few resources gain more."""

from xh.api import StudySpec, hookimpl


@hookimpl
def xh_studies() -> list[StudySpec]:
    return [
        StudySpec(
            name="resources",
            title="the gain in low- and in high-resource languages",
            question="Does English-centric intermediate training help low-resource languages more than others?",
            hypothesis="Low-resource languages, which the encoder knows least, gain most.",
            options={"profile": "phang2020", "inter": ["phang2020"], "target": ["xtreme"], "seeds": [1, 2, 3]},
            small={
                "inter": ["mnli", "squad"],
                "target": ["xnli", "panx", "tydiqa", "tatoeba"],
                "limit-train": 200,
                "seeds": [1],
            },
            views=("contrast:low,high", "heatmap"),
            citation="Joshi et al. 2020, arXiv:2004.09095",
        )
    ]
