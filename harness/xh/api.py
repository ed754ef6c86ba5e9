"""All that a plugin may import. What is here stays; everything else may change."""

from xh.plugins.hookspecs import hookimpl
from xh.spec import (
    CommandSpec,
    EncoderSpec,
    EngineSpec,
    Files,
    Hub,
    MissingError,
    ReportFormat,
    Site,
    Stage,
    StageError,
    TaskSpec,
    UsageError,
    XhError,
)

__all__ = [
    "CommandSpec",
    "EncoderSpec",
    "EngineSpec",
    "Files",
    "Hub",
    "MissingError",
    "ReportFormat",
    "Site",
    "Stage",
    "StageError",
    "TaskSpec",
    "UsageError",
    "XhError",
    "hookimpl",
]
