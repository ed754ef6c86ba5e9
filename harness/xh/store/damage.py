"""What is wrong with a finished stage: judged by sizes alone, or by reading every file."""

import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from xh.spec import StorageError
from xh.spec.kinds import KINDS
from xh.spec.stage import SCHEMA
from xh.store.examples import EXAMPLES, example_counts
from xh.store.files import checksum, content, files_of, parsed
from xh.store.record import File, Record, changed
from xh.version import __version__

RECORD = "stage.json"
SCORES = "scores.json"
CHANGED = "changed: its SHA-256 differs"
TOLERANCE = 1e-6
"""Points that a recomputed score may differ by: other orders of adding up."""


class _Score(Struct, frozen=True):
    lang: str
    metric: str
    value: float


class _Scores(Struct, frozen=True):
    scores: tuple[_Score, ...] = ()


def at_sight(folder: Path, record: Record, text: bytes) -> Iterator[str]:
    """Files that are missing or have another size; a record (``text`` is its file's) or scores that were edited."""
    if changed(text, record):
        yield f"{RECORD} is {CHANGED}"
    for name, file in record.files.items():
        found = _size(folder / name)
        if found is None:
            yield f"{name} is missing"
        elif found != file.size:
            yield f"{name} has {found:,} bytes instead of {file.size:,}"
        elif name == SCORES:
            yield from _content(folder / name, name, file)


def within(folder: Path, record: Record) -> Iterator[str]:
    """Files whose contents have changed since they were written."""
    for name, file in record.files.items():
        if name != SCORES and _size(folder / name) == file.size:
            yield from _content(folder / name, name, file)


def strange(folder: Path, record: Record) -> Iterator[str]:
    """What no failing disk explains: unknown files, other inputs, scores that don't add up."""
    known = {RECORD, *record.files}
    try:
        names = [str(path.relative_to(folder)) for path in files_of(folder)]
    except OSError as error:
        yield f"{error.filename} can't be read: {error.strerror}"
        return
    yield from (f"{name} is not in its record" for name in names if name not in known)
    computed = record.stage.inputs.fingerprint[:12]
    if _same_code(record) and record.id.rpartition("-")[2] != computed:
        yield f"it has the inputs of another stage (…-{computed})"
    if {SCORES, EXAMPLES} <= record.files.keys():
        yield from _sums(folder)


def left_over(folder: Path, record: Record) -> list[Path]:
    """Models that should be gone but are still there, because the process that removed them was killed."""
    names = {Path(name).parts[0] for name in record.dropped}
    return [folder / name for name in sorted(names) if (folder / name).is_dir()]


def _same_code(record: Record) -> bool:
    """Whether this xh would give these inputs the same name; without the kind's plugin its version is unknown."""
    kinds = {task.kind for task in record.stage.inputs.tasks.values()}
    return kinds <= KINDS.keys() and record.stage.inputs.schema == SCHEMA and record.versions.get("xh") == __version__


def _size(path: Path) -> int | None:
    """The size of an ordinary file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _content(path: Path, name: str, file: File) -> Iterator[str]:
    try:
        if file.sha256 and checksum(path) != file.sha256:
            yield f"{name} is {CHANGED}"
    except OSError as error:
        yield f"{name} can't be read: {error.strerror}"


def _sums(folder: Path) -> Iterator[str]:
    """Scores that differ from what the examples add up to, where each example's part is known."""
    try:
        scores = parsed(content(folder / SCORES), _Scores).scores
        sums = {name: each.sum(axis=0) for name, each in example_counts(folder).items()}
    except (StorageError, OSError, ValueError) as error:
        yield f"{SCORES} or {EXAMPLES} can't be read: {getattr(error, 'why', error)}"
        return
    made = {name: 100 * float(right / total) for name, (right, total) in sums.items() if total > 0}
    for score in scores:
        found = made.get(f"{score.lang}/{score.metric}", score.value)
        if not abs(found - score.value) <= TOLERANCE:
            yield f"{SCORES} has {score.metric} {score.value:.4f} for {score.lang}; the examples give {found:.4f}"
