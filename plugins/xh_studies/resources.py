"""Whether languages with few resources gain more, from text, from pictures, or from both."""

from xh.api import StudySpec, hookimpl

TEXT, PICTURES, BOTH = "phang2020", "coco_captions", "mnli+coco_captions"


@hookimpl
def xh_studies() -> list[StudySpec]:
    return [
        StudySpec(
            name="resources",
            title="the gain in low- and in high-resource languages, from text and from pictures",
            question="Does English-centric intermediate training help low-resource languages more than others?",
            hypothesis="Low-resource languages, which the encoder knows least, gain most.",
            options={
                "profile": "phang2020",
                "inter": [TEXT, PICTURES, BOTH],
                "target": ["xtreme"],
                "seeds": [1, 2, 3],
                "set": {f"{BOTH}.batch_size": 32},  # a caption's wrong pictures are those of its batch
            },
            arms=(
                {},
                *({"inter": [PICTURES], "set": {f"{PICTURES}.control": each}} for each in ("shuffled", "captions")),
            ),
            small={
                "inter": ["mnli", PICTURES, BOTH],
                "target": ["xnli", "panx", "tydiqa", "tatoeba"],
                "limit-train": 200,
                "seeds": [1],
            },
            views=("contrast:low,high", "heatmap"),
            citation="Joshi et al. 2020, arXiv:2004.09095; Krasner et al. 2025, arXiv:2505.13628",
        )
    ]
