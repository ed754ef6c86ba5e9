"""What a run says of its stages while it is under way: ``progress/<run>.jsonl``, a line for each announcement.

Who follows a run reads it beside what the stages themselves write. Lines are appended whole; others are skipped.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from xh.store.files import appended, content, make_folder


class Planned(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stage of a run. ``title``: in words; ``parent``: the one that it starts from; ``languages``: how many it tests.

    ``seconds``: what it is expected to take, where that is known. ``cached``: it was in the store before.
    """

    id: str
    title: str
    phase: str
    task: str
    parent: str | None = None
    languages: int = 0
    seconds: float | None = None
    cached: bool = False


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened ``at`` a time, in seconds since 1970, to a ``stage``; of a plan: ``stages``.

    ``text``: what the engine said, or why the stage failed. ``seconds``: what it took. ``cached``: another process had
    made it meanwhile.
    """

    at: float
    what: Literal["planned", "began", "said", "done", "failed"]
    stage: str = ""
    text: str = ""
    seconds: float = 0.0
    cached: bool = False
    stages: tuple[Planned, ...] = ()


def append(path: Path, event: Event) -> None:
    """Add a line, in one write."""
    make_folder(path.parent)
    with appended(path) as file:
        file.write(msgspec.json.encode(event) + b"\n")


def events(path: Path) -> Iterator[Event]:
    """What was written so far; nothing where there is no such file."""
    try:
        lines = content(path).splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=Event)
        except (msgspec.MsgspecError, ValueError, RecursionError):  # cut off, or of another xh
            continue
