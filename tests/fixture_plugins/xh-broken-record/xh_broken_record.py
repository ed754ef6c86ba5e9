"""Returns a record with a field of the wrong type: languages must be a tuple."""

from xh.api import Files, TaskSpec, hookimpl


@hookimpl
def xh_tasks():
    return [
        TaskSpec(
            name="broken-record",
            title="A record with a wrong field",
            kind="classify",
            roles=("intermediate",),
            languages="en",
            data=Files(package="xh_broken_record", paths=("{split}.jsonl",), splits={"train": "train"}),
            labels=("no", "yes"),
            metric="accuracy",
        ),
    ]
