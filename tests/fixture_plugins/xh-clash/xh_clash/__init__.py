"""Claims a name that a built-in task has."""

from xh.api import Files, TaskSpec, hookimpl


@hookimpl
def xh_tasks():
    return [
        TaskSpec(
            name="squad",
            title="The squad of xh-clash",
            kind="classify",
            roles=("intermediate",),
            languages=("en",),
            data=Files(package="xh_clash", paths=("{split}.jsonl",), splits={"train": "train"}),
            labels=("no", "yes"),
            metric="accuracy",
        ),
    ]
