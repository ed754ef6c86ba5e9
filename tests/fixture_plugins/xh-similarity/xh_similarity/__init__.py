"""How similar two sentences are: a kind of its own, a regression that is scored by Spearman's rank correlation."""

from xh.api import Files, KindSpec, TaskSpec, hookimpl

DATA = Files(package="xh_similarity", paths=("{split}-{lang}.jsonl",), splits={"train": "train", "test": "test"})


@hookimpl
def xh_kinds() -> list[KindSpec]:
    columns = ("text_a", "text_b", "score")
    return [KindSpec(name="similarity", code="xh_similarity.kind:Similarity", required=columns, like="classify")]


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    task = TaskSpec(
        name="similar",
        title="Similarity of sentence pairs",
        kind="similarity",
        roles=("intermediate", "target"),
        languages=("en", "de"),
        data=DATA,
        metric="spearman",
        recipe={"select": "last"},
    )
    return [task]
