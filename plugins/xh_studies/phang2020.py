"""The table of the paper that xh is made after."""

from xh.api import StudySpec, hookimpl

TRANSLATED = "mnli@ar,bg,de,el,es,fr,hi,ru,sw,th,tr,ur,vi,zh"


@hookimpl
def xh_studies() -> list[StudySpec]:
    return [
        StudySpec(
            name="phang2020",
            title="English intermediate tasks and XTREME: the paper's table",
            question="Which English intermediate task improves zero-shot transfer to which target?",
            hypothesis="Question answering and inference help most targets; all nine tasks together help most of all.",
            options={
                "profile": "phang2020",
                "inter": ["phang2020", "all-in-one", "mnli+mlm", "squad+mlm", "hellaswag+mlm", TRANSLATED],
                "target": ["xtreme"],
            },
            small={
                "inter": ["squad", "mnli", "squad+mnli", "mnli+mlm", "mnli@de,ru"],
                "target": ["xnli", "udpos", "tydiqa", "tatoeba"],
                "limit-train": 200,
            },
            views=("heatmap", "table"),
            citation="Phang et al. 2020, arXiv:2005.13013",
        )
    ]
