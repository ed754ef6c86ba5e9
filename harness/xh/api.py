"""All that a plugin may import. What is here stays; everything else may change.

The tools for kinds are heavy and are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xh.plugins.hookspecs import hookimpl
from xh.spec import (
    CommandSpec,
    EncoderSpec,
    EngineSpec,
    Files,
    Hub,
    KindSpec,
    Locations,
    MissingError,
    ReportFormat,
    Stage,
    StageError,
    TaskSpec,
    UsageError,
    XhError,
)

if TYPE_CHECKING:
    from xh.kinds.base import bad_row, sampled, write_lines
    from xh.kinds.supervised import predict
    from xh.spec.examples import Examples, Features

__all__ = [
    "CommandSpec",
    "EncoderSpec",
    "EngineSpec",
    "Examples",
    "Features",
    "Files",
    "Hub",
    "KindSpec",
    "Locations",
    "MissingError",
    "ReportFormat",
    "Stage",
    "StageError",
    "TaskSpec",
    "UsageError",
    "XhError",
    "bad_row",
    "hookimpl",
    "predict",
    "sampled",
    "write_lines",
]

_FOR_KINDS = {
    "Examples": "xh.kinds.base",
    "Features": "xh.kinds.base",
    "bad_row": "xh.kinds.base",
    "predict": "xh.kinds.supervised",
    "sampled": "xh.kinds.base",
    "write_lines": "xh.kinds.base",
}


def __getattr__(name: str) -> Any:
    if name not in _FOR_KINDS:
        raise AttributeError(f"module 'xh.api' has no attribute {name!r}")
    return getattr(import_module(_FOR_KINDS[name]), name)
