"""The record of a method, and what of it a stage is named by."""

import re
from typing import Any, Literal

from msgspec import Struct

from xh.spec.recipe import Limits, Values, like

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
Trained = Literal["intermediate", "target"]


class MethodSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A way to train that changes a training without replacing it; ``--method NAME`` asks for it.

    name        lower-case letters, digits, ``-`` and ``_``; not ``none``
    code        ``"module:Class"`` of a ``xh.api.Method``, imported where a stage is made
    title       what it does, in a line
    settings    name -> default value; users change them with ``--set NAME.KEY=VALUE``, to values of the same type
    limits      the lowest and the highest value of a setting, None for none; a plan with others is refused
    files       the settings that name a file or a folder of the user's: stages are named by what is in it, not by where
                it is
    phases      the trainings that it applies to. By default all of a cell: the question is then what a method does to
                the whole way to a result, and no setting of the one training differs from the other's. A method that
                only makes sense in one of them names that one.
    mixtures    whether it also works where several tasks are trained together
    version     raise it when the code changes results
    """

    name: str
    code: str
    title: str = ""
    settings: Values = {}
    limits: Limits = {}
    files: tuple[str, ...] = ()
    phases: tuple[Trained, ...] = ("intermediate", "target")
    mixtures: bool = True
    version: int = 1

    def __post_init__(self) -> None:
        short = self.name.rpartition(":")[2]
        if not NAME.fullmatch(short) or short == "none":
            raise ValueError(f"method {self.name!r}: a name is lower-case letters, digits, - and _, and not none")
        if not self.phases:
            raise ValueError(f"method {self.name!r}: phases is empty")
        if unknown := [name for name in self.limits if name not in self.settings]:
            raise ValueError(f"method {self.name!r}: limits names {unknown[0]!r}, which is not a setting")
        if wrong := [name for name in self.files if not isinstance(self.settings.get(name), str)]:
            raise ValueError(f"method {self.name!r}: files names {wrong[0]!r}, which is not a setting with a text")

    def typed(self, values: Values) -> Any:
        """The settings as a record with attributes: ``values``, and defaults for the others."""
        return like(self.settings, values, self.limits)


class AppliedMethod(Struct, frozen=True, kw_only=True):
    """What names a stage of its method: ``<distribution>:<method>``, its version, settings that aren't the defaults.

    ``files``: where those settings are that name files; not what names the stage, which are their ``contents``.
    """

    name: str
    version: int = 1
    settings: Values = {}
    files: dict[str, str] = {}
    contents: dict[str, str] = {}
