"""Multilingual against English intermediate question answering."""

from xh.api import StudySpec, hookimpl

TYDIQA = "tydiqa@en,ar,bn,fi,id,ko,ru,sw,te"


@hookimpl
def xh_studies() -> list[StudySpec]:
    return [
        StudySpec(
            name="multilingual-qa",
            title="multilingual against English intermediate question answering",
            question="Is intermediate question answering in several languages better than in English alone?",
            hypothesis="It is, most of all in the languages that it was trained in.",
            options={
                "profile": "phang2020",
                "inter": ["squad", "squad@it", "squad@en,it", TYDIQA],
                "target": ["xquad", "mlqa", "tydiqa"],
            },
            small={"inter": ["squad", "squad@it", TYDIQA], "limit-train": 200},
            views=("table", "contrast:seen,unseen"),
            citation="Phang et al. 2020, arXiv:2005.13013",
        )
    ]
