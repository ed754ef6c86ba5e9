"""Branches of the Hub made commits: what a plan names is what is read, wherever the branch is by then."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec.structs import replace

from xh.data import hub
from xh.data.fetch import SourceSplit, public
from xh.plan.inventory import remote
from xh.spec import Hub, Locations, MissingError, Stage, TaskSpec
from xh.spec.data import Source, is_commit

Branch = tuple[str, str]
"""A repository's id and a revision."""
S = TypeVar("S", bound=Source)


def look_up(splits: Iterable[SourceSplit], offline: bool) -> tuple[dict[Branch, str], list[str]]:
    """The commits that these splits' branches are at, and what of them can't be looked up and why."""
    sources = (source for source, _, _ in splits if isinstance(source, Hub) and public(source))
    branches = dict.fromkeys((source.id, source.revision) for source in sources if not is_commit(source.revision))
    commits: dict[Branch, str] = {}
    unknown = []
    for branch in branches:
        try:
            commits[branch] = hub.commit(*branch, "dataset", offline)
        except MissingError as error:
            unknown.append(error.what)
    return commits, unknown


def pinned(task: TaskSpec, commits: dict[Branch, str]) -> TaskSpec:
    """The task with commits in the place of branches, as far as they are known."""
    if not commits:
        return task
    data = tuple(_at(source, commits) for source in task.sources)
    return replace(
        task,
        data=data if isinstance(task.data, tuple) else data[0],
        pool=task.pool and _at(task.pool, commits),
        translated={lang: _at(source, commits) for lang, source in task.translated.items()},
        parts=tuple(pinned(part, commits) for part in task.parts),
    )


def read(stages: Iterable[Stage], locations: Locations) -> list[Branch]:
    """The repositories of the Hub that stages read, with their commits; the encoders' first."""
    encoders = [(each.source, each.revision) for each in locations.encoders.values() if each.revision]
    splits = [split for stage in stages for split in _splits(stage, locations)] if locations.data is None else []
    data = ((source.id, source.revision) for source, _, _ in splits if isinstance(source, Hub))
    return list(dict.fromkeys([*encoders, *data]))


def _splits(stage: Stage, locations: Locations) -> Iterator[SourceSplit]:
    tasks = {part.name: part for task in stage.inputs.tasks.values() for part in task.members}
    return remote(stage.inputs.identities, tasks, locations)


def _at(source: S, commits: dict[Branch, str]) -> S:
    commit = commits.get((source.id, source.revision)) if isinstance(source, Hub) else None
    return replace(source, revision=commit) if commit else source
