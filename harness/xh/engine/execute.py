"""What an engine calls, in any process, to have a stage made."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from xh.engine import device
from xh.plugins.registry import registry
from xh.spec import Locations, Stage

if TYPE_CHECKING:
    from xh.stage.cache import StageCache

Report = Callable[[Mapping[str, Any]], None]


def execute(
    stage: Stage, locations: Locations, *, report: Report = lambda entry: None, cache: "StageCache | None" = None
) -> bool:
    """Have a stage in the store of ``locations``; returns whether it was there, or another process made it meanwhile.

    It takes the stage's lock and waits for it, looks, works in a folder of its own, and commits that at once or not at
    all, so it may be killed at any moment and called again, by several processes too. Its parent must be in the store.
    The first call in a process imports torch, and settles on which device everything there computes and whether it is
    offline. Call it in a main thread for Ctrl-C and SIGTERM to clear the work folder away; only one call at a time
    in a process. ``report`` gets each log entry in the calling thread; ``cache`` what stages of a process share.
    Raises :class:`~xh.spec.XhError`, or whatever a plugin's code raises, if the stage fails.
    """
    prepare(locations.device, locations.offline)
    from xh.stage.execute import execute

    return execute(stage, locations, registry(), report, cache)


@cache
def prepare(on: str, offline: bool) -> None:
    """Tell the libraries, before they are imported, where to compute, whether to be offline, and to be quiet."""
    os.environ.update(device.environment(on))
    if offline:
        os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
    import datasets
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    datasets.disable_progress_bars()
