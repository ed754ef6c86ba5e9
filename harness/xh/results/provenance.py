"""Which commits of the Hub's repositories a result comes from."""

from collections.abc import Iterable, Iterator

from xh.spec import Hub
from xh.spec.data import is_commit
from xh.store import Record


def commits(records: Iterable[Record]) -> dict[str, str]:
    """The commits that these stages read, by repository; the encoder's under the name that it was asked for."""
    return {name: commit for record in records for name, commit in _read(record)}


def _read(record: Record) -> Iterator[tuple[str, str]]:
    inputs, name = record.stage.inputs, record.stage.label.encoder
    if is_commit(commit := inputs.encoder.partition(" ")[0]):
        yield name.partition("@")[0], commit
    there = {commit for identity in inputs.data.values() for commit in identity.split(" + ")}
    tasks = [part for task in inputs.tasks.values() for part in task.members]
    for source in (source for task in tasks for source in (*task.sources, *task.translated.values())):
        if isinstance(source, Hub) and source.revision in there:
            yield source.id, source.revision
