"""Models of finished trainings, which can be removed once nothing starts from them any more."""

import shutil
from pathlib import Path

from msgspec.structs import replace

from xh.store.damage import RECORD, left_over
from xh.store.files import storage, write_text
from xh.store.folders import ASIDE, beside
from xh.store.record import encoded
from xh.store.store import Store


def drop_models(store: Store, stage_id: str) -> int:
    """Remove a stage's models and keep its results. Returns the bytes that were freed: 0 while somebody reads them."""
    folder = store.folder(stage_id)
    with store.access.unused(stage_id) as unused:
        record = store.record(stage_id) if unused else None
        if record is None:
            return 0
        models = [name for name in record.files if is_model(name)]
        files = {name: file for name, file in record.files.items() if name not in models}
        left = replace(record, files=files, dropped=(*record.dropped, *models))
        with storage(folder):
            if models:
                write_text(folder / RECORD, encoded(left))
            for path in left_over(folder, left):
                aside = beside(folder, ASIDE)
                path.rename(aside)
                shutil.rmtree(aside)
    return record.size - left.size


def is_model(name: str) -> bool:
    """Whether a file of a stage is part of a model: of ``model/``, or of ``model-<policy>/``."""
    first, *others = Path(name).parts
    return bool(others) and (first == "model" or first.startswith("model-"))
