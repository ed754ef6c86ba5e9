"""CCG supertagging: the lexical category of each word (CCGbank, Hockenmaier and Steedman 2007).

CCGbank is licensed (LDC2005T13), so the data are the user's own: of ``--data DIR`` the folder ``DIR/local/ccg`` holds
``train`` and ``validation`` as JSON Lines or parquet with the columns ``tokens`` and ``supertags``. The categories
found there are the labels.
"""

from xh.api import Hub, TaskSpec, hookimpl


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="ccg",
            title="CCG supertagging",
            kind="tag",
            roles=("intermediate",),
            groups=("phang2020",),
            languages=("en",),
            data=Hub("local/ccg", revision="local", splits={"train": "train", "dev": "validation"}),
            columns={"tags": "supertags"},
            metric="accuracy",
            licence="LDC2005T13, for holders of that licence only",
            citation="Hockenmaier and Steedman 2007, Computational Linguistics 33(3)",
        )
    ]
