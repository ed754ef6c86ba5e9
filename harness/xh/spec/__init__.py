"""The records that every part of xh speaks, and the errors."""

from xh.spec.data import Files, Hub
from xh.spec.errors import (
    AmbiguousError,
    MissingError,
    StageError,
    StorageError,
    UnavailableError,
    UsageError,
    XhError,
)
from xh.spec.extension import CommandSpec, EncoderSpec, EngineSpec, ReportFormat, TrackerSpec
from xh.spec.kinds import KindSpec
from xh.spec.languages import LanguageSpec
from xh.spec.method import AppliedMethod, MethodSpec
from xh.spec.recipe import (
    Encoding,
    Learning,
    MultiTaskTraining,
    Recipe,
    Retrieval,
    SpanTraining,
    TextTraining,
    Training,
)
from xh.spec.stage import EncoderSource, Inputs, Locations, Machine, Purpose, Stage
from xh.spec.study import StudySpec
from xh.spec.task import TaskSpec

__all__ = [
    "AmbiguousError",
    "AppliedMethod",
    "CommandSpec",
    "EncoderSource",
    "EncoderSpec",
    "Encoding",
    "EngineSpec",
    "Files",
    "Hub",
    "Inputs",
    "KindSpec",
    "LanguageSpec",
    "Learning",
    "Locations",
    "Machine",
    "MethodSpec",
    "MissingError",
    "MultiTaskTraining",
    "Purpose",
    "Recipe",
    "ReportFormat",
    "Retrieval",
    "SpanTraining",
    "Stage",
    "StageError",
    "StorageError",
    "StudySpec",
    "TaskSpec",
    "TextTraining",
    "TrackerSpec",
    "Training",
    "UnavailableError",
    "UsageError",
    "XhError",
]
