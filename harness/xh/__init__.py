"""xh: does training on an English task first make an encoder better in forty other languages?"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xh.version import __version__

__all__ = ["__version__", "compare", "preview", "report", "run"]

if TYPE_CHECKING:
    from xh.engine.session import preview, run
    from xh.scoring.compare import compare
    from xh.scoring.reported import report

_LATER = {
    "compare": "xh.scoring.compare",
    "preview": "xh.engine.session",
    "report": "xh.scoring.reported",
    "run": "xh.engine.session",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'xh' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
