"""Claims a name that xh-twin-a claims too."""

from xh.api import Files, TaskSpec, hookimpl


@hookimpl
def xh_tasks():
    return [
        TaskSpec(
            name="twins",
            title="The twins of xh-twin-b",
            kind="classify",
            roles=("intermediate",),
            languages=("en",),
            data=Files(package="xh_twin_b", paths=("{split}.jsonl",), splits={"train": "train"}),
            labels=("no", "yes"),
            metric="accuracy",
        ),
    ]
