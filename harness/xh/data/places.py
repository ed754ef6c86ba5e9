"""What ``--data`` says: where the data sets are, and which tasks have a folder of their own."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from xh.mini import SAMPLE as EMBEDDED
from xh.plugins import Registry
from xh.spec import Locations, MissingError, UsageError

OWN = re.compile(r"[\w:.-]+=")
NEXT = re.compile(rf",(?={OWN.pattern})")
SAMPLE = "sample"
HUB = "hub"


class Places(Struct, frozen=True):
    """``main``: ``hub``, ``sample`` or a folder; None where it is not said. ``own``: folders by task.

    ``others``: more places of that sort, for the splits that those before them lack.
    """

    main: str | None = None
    own: dict[str, str] = {}
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        own = (f"{task}={folder}" for task, folder in self.own.items())
        return ",".join([*filter(None, [self.main]), *self.others, *own])


def places(*texts: str) -> Places:
    """``"hub,mlm=text"`` as a record.

    A folder that exists is taken by its whole name, commas and ``=`` in it too.
    """
    parts = [part for text in texts if text for part in _parts(text)]
    own = dict(part.split("=", 1) for part in parts if not _is_place(part) and OWN.match(part))
    main = list(dict.fromkeys(part for part in parts if _is_place(part) or not OWN.match(part)))
    if len(main) > 1 and HUB in main:
        folder = next(each for each in main if each != HUB)
        todo = f"Name only folders; or add TASK=FOLDER to hub for one task, e.g. mlm={folder}."
        why = "The Hub has every data set, so nothing would be read from another place."
        raise UsageError(f"--data names hub and more: {', '.join(main)}.", why=why, todo=todo)
    return Places(next(iter(main), None), own, tuple(main[1:]))


def _parts(text: str) -> list[str]:
    """The text cut at commas, but not within the longest name of a folder that exists."""
    owner = OWN.match(text)
    for cut in sorted((len(text), *(comma.start() for comma in re.finditer(",", text))), reverse=True):
        if _is_place(text[:cut]) or (owner and _is_place(text[owner.end() : cut])):
            return [text[:cut], *(_parts(text[cut + 1 :]) if cut < len(text) else ())]
    return NEXT.split(text)


def _is_place(name: str) -> bool:
    return name in (HUB, SAMPLE) or is_folder(name)


def is_folder(name: str) -> bool:
    """Whether there is such a folder; no name at all is not the current one."""
    return bool(name) and os.path.isdir(Path(name).expanduser())  # noqa: PTH112 - pathlib raises for a name too long


def data_folder(name: str) -> Path | None:
    """The folder that ``--data`` names: ``sample`` is the embedded set, ``hub`` is none."""
    if name == HUB:
        return None
    if name == SAMPLE:
        return EMBEDDED
    if not is_folder(name):
        raise MissingError(
            f"--data {name}: there is no such folder.",
            todo="Use hub, sample, or a folder laid out as <org>/<name>/…, as hf download --local-dir makes it.",
        )
    return Path(name).expanduser().resolve()


def reading(data: Places, registry: Registry, *, offline: bool = False) -> Locations:
    """The locations of somebody who only reads data."""
    folder = data_folder(data.main or HUB)
    return Locations(
        store="",
        data=str(folder) if folder else None,
        others=tuple(str(data_folder(each)) for each in data.others),
        own=own_folders(data.own, registry),
        offline=offline,
    )


def own_folders(own: Mapping[str, str], registry: Registry) -> dict[str, str]:
    """The folders of tasks that have their own, by the task's name."""
    folders = {registry.task(name).name: data_folder(where) for name, where in own.items()}
    if lacking := [name for name, folder in folders.items() if folder is None]:
        raise UsageError(f"--data {lacking[0]}=… needs a folder.", todo=f"Use --data {lacking[0]}=FOLDER.")
    return {name: str(folder) for name, folder in folders.items()}
