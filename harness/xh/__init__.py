"""xh: does training on an English task first make an encoder better in forty other languages?"""

from typing import TYPE_CHECKING, Any

from xh.version import __version__

__all__ = ["__version__", "compare", "run"]

if TYPE_CHECKING:
    from xh.engine.session import run
    from xh.scoring.compare import compare


def __getattr__(name: str) -> Any:
    if name == "run":
        from xh.engine.session import run

        return run
    if name == "compare":
        from xh.scoring.compare import compare

        return compare
    raise AttributeError(f"module 'xh' has no attribute {name!r}")
