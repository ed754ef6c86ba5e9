"""All that a plugin may import. What is here stays; everything else may change.

What is light is here at once; the tools for kinds are heavy and are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xh.mini import SAMPLE
from xh.plugins.hookspecs import hookimpl
from xh.spec import (
    CommandSpec,
    EncoderSpec,
    Encoding,
    EngineSpec,
    Files,
    Hub,
    KindSpec,
    LanguageSpec,
    Locations,
    MethodSpec,
    MissingError,
    ReportFormat,
    Stage,
    StageError,
    StudySpec,
    TaskSpec,
    TrackerSpec,
    Training,
    UsageError,
    XhError,
)

if TYPE_CHECKING:
    from xh.engine.device import check_device
    from xh.engine.execute import execute
    from xh.engine.jobs import cores, environment, environments
    from xh.engine.listener import Listener, tell
    from xh.engine.pool import Pool, Said
    from xh.engine.scheduler import Scheduler
    from xh.engine.tracking import Tracker, TrackerRun
    from xh.engine.width import Width
    from xh.engine.worker import Order
    from xh.kinds.base import Kind, bad_row, check_texts, sampled, write_lines
    from xh.kinds.bitext import Bitext
    from xh.kinds.choice import Choice
    from xh.kinds.classify import Classify, label_number
    from xh.kinds.mlm import MaskedLM
    from xh.kinds.rank import Rank, comparable, pooled_inputs
    from xh.kinds.span import Span
    from xh.kinds.supervised import TrainedKind, label_options, predict
    from xh.kinds.tag import Tag
    from xh.model.adapters import ADAPTER, add_adapters
    from xh.model.biencoder import BiEncoder, side
    from xh.model.body import body_of, layers_of
    from xh.model.collate import collate
    from xh.model.heads import ChoiceHead, HeadedModel, PooledHead, SpanHead, TokenHead
    from xh.model.pooling import special_ids
    from xh.model.precision import working_device
    from xh.model.weights import load_body, load_with_head
    from xh.plan.request import Request
    from xh.results.records import Results
    from xh.retrieval.encoding import encode_layers
    from xh.spec.examples import Columns, Examples, Features
    from xh.stage.job import EvaluateJob, TrainJob
    from xh.training.method import Method
    from xh.training.setup import TrainingSetup

__all__ = [
    "ADAPTER",
    "SAMPLE",
    "BiEncoder",
    "Bitext",
    "Choice",
    "ChoiceHead",
    "Classify",
    "Columns",
    "CommandSpec",
    "EncoderSpec",
    "Encoding",
    "EngineSpec",
    "EvaluateJob",
    "Examples",
    "Features",
    "Files",
    "HeadedModel",
    "Hub",
    "Kind",
    "KindSpec",
    "LanguageSpec",
    "Listener",
    "Locations",
    "MaskedLM",
    "Method",
    "MethodSpec",
    "MissingError",
    "Order",
    "Pool",
    "PooledHead",
    "Rank",
    "ReportFormat",
    "Request",
    "Results",
    "Said",
    "Scheduler",
    "Span",
    "SpanHead",
    "Stage",
    "StageError",
    "StudySpec",
    "Tag",
    "TaskSpec",
    "TokenHead",
    "Tracker",
    "TrackerRun",
    "TrackerSpec",
    "TrainJob",
    "TrainedKind",
    "Training",
    "TrainingSetup",
    "UsageError",
    "Width",
    "XhError",
    "add_adapters",
    "bad_row",
    "body_of",
    "check_device",
    "check_texts",
    "collate",
    "comparable",
    "cores",
    "encode_layers",
    "environment",
    "environments",
    "execute",
    "hookimpl",
    "label_number",
    "label_options",
    "layers_of",
    "load_body",
    "load_with_head",
    "pooled_inputs",
    "predict",
    "sampled",
    "side",
    "special_ids",
    "tell",
    "working_device",
    "write_lines",
]

_LATER = {
    "xh.engine.device": ("check_device",),
    "xh.engine.execute": ("execute",),
    "xh.engine.jobs": ("cores", "environment", "environments"),
    "xh.engine.listener": ("Listener", "tell"),
    "xh.engine.pool": ("Pool", "Said"),
    "xh.engine.scheduler": ("Scheduler",),
    "xh.engine.tracking": ("Tracker", "TrackerRun"),
    "xh.engine.width": ("Width",),
    "xh.engine.worker": ("Order",),
    "xh.kinds.base": ("Kind", "bad_row", "check_texts", "sampled", "write_lines"),
    "xh.kinds.bitext": ("Bitext",),
    "xh.kinds.choice": ("Choice",),
    "xh.kinds.classify": ("Classify", "label_number"),
    "xh.kinds.mlm": ("MaskedLM",),
    "xh.kinds.rank": ("Rank", "comparable", "pooled_inputs"),
    "xh.kinds.span": ("Span",),
    "xh.kinds.supervised": ("TrainedKind", "label_options", "predict"),
    "xh.kinds.tag": ("Tag",),
    "xh.model.adapters": ("ADAPTER", "add_adapters"),
    "xh.model.biencoder": ("BiEncoder", "side"),
    "xh.model.body": ("body_of", "layers_of"),
    "xh.model.collate": ("collate",),
    "xh.model.heads": ("ChoiceHead", "HeadedModel", "PooledHead", "SpanHead", "TokenHead"),
    "xh.model.pooling": ("special_ids",),
    "xh.model.precision": ("working_device",),
    "xh.model.weights": ("load_body", "load_with_head"),
    "xh.plan.request": ("Request",),
    "xh.results.records": ("Results",),
    "xh.retrieval.encoding": ("encode_layers",),
    "xh.spec.examples": ("Columns", "Examples", "Features"),
    "xh.stage.job": ("EvaluateJob", "TrainJob"),
    "xh.training.method": ("Method",),
    "xh.training.setup": ("TrainingSetup",),
}
_HOME = {name: module for module, names in _LATER.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'xh.api' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
