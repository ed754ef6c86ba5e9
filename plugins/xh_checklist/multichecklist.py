"""MultiCheckList of XTREME-R: six tests of a model that was trained on SQuAD (Ruder et al. 2021)."""

from xh.api import Files, KindSpec, TaskSpec, hookimpl

COMMIT = "838c13b69daafb9328785d16caae2711e4012123"
LANGUAGES = (
    "af ar az bg bn de el en es et eu fa fi fr gu ha he hi ht hu id it ja jv ka "
    "kk ko lt ml mr ms my nl pa pl pt qu ru sw ta te th tl tr uk ur vi wo yo zh"
)


@hookimpl
def xh_kinds() -> list[KindSpec]:
    return [
        KindSpec(
            name="checklist",
            code="xh_checklist.kind:Checklist",
            required=("id", "context", "question", "answers"),
            optional=("test", "case"),
            like="span",
        )
    ]


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="multichecklist",
            title="MultiCheckList, six tests of QA",
            kind="checklist",
            roles=("target",),
            languages=tuple(LANGUAGES.split()),
            data=Files(
                paths=("*/multichecklist/checklist_templates.tsv",),
                splits={"test": "test"},
                url=f"https://github.com/google-research/xtreme/archive/{COMMIT}.tar.gz",
                reader="xh_checklist.templates:read",
                holds="xh_checklist.templates:holds",
            ),
            train_from="squad",
            metric="passed",
            reason="cases are drawn anew from the authors' templates, with first names in Latin letters",
            licence="Apache-2.0",
            citation="Ruder et al. 2021, arXiv:2104.07412",
        )
    ]
