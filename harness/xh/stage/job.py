"""What a stage's work is given."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from xh.data.locate import path_hash
from xh.data.models import model_folder
from xh.kinds.base import Kind
from xh.kinds.supervised import TrainedKind
from xh.kinds.vectors import mapped
from xh.model.tokenizer import vocabulary
from xh.spec import Locations, Stage, TaskSpec
from xh.spec.data import DataSplit
from xh.spec.examples import Examples, Features
from xh.stage.cache import StageCache
from xh.stage.encoder import published_encoder
from xh.store import Checkpoints
from xh.store.kept import keep

Log = Callable[[Mapping[str, Any]], None]
Load = Callable[[TaskSpec, str, str], Examples]


class _Job(Struct, frozen=True, kw_only=True):
    """``start``: the folder of the weights to begin with. ``folder``: where results go. ``log``: one line of the log.

    ``load(task, split, lang)`` gives checked examples, at most as many as the request allows. ``cache``: what the
    stages of a worker share. ``methods``: what the training is changed by, in order; of an evaluation, its model's.
    """

    stage: Stage
    locations: Locations
    kind: Kind
    recipe: Any
    start: Path
    folder: Path
    load: Load
    log: Log
    cache: StageCache = field(default_factory=StageCache)
    methods: tuple[Any, ...] = ()

    def model(self, setting: str) -> Path:
        """The folder of the further model that a setting of the task names, as of ``KindSpec.models``."""
        return model_folder(self._identity(setting), self.locations)

    def _identity(self, setting: str) -> str:
        return self.stage.inputs.models[f"{self.stage.inputs.task.name}.{setting}"]

    def features(self, kind: TrainedKind, examples: Examples, tokenizer: Any, *, train: bool) -> Features:
        """What ``kind`` makes of the examples with this recipe: made once, however many stages need it."""
        made_from = (f"{type(kind).__module__}.{type(kind).__qualname__}", self.recipe, train, vocabulary(tokenizer))
        make = partial(kind.features, examples, tokenizer, self.recipe, train=train)
        return self.cache.once(make, *made_from, examples.columns, examples.where, examples.lang)


class TrainJob(_Job, frozen=True, kw_only=True):
    """Fine-tune the body in ``start`` on ``train`` with a new head, and write ``folder / "model"``.

    ``checkpoints``: where a training that was killed finds what it had saved, and nobody else's.
    """

    kind: TrainedKind
    checkpoints: Checkpoints

    @property
    def train(self) -> TaskSpec:
        """The task whose train split is learnt."""
        return self.stage.inputs.tasks["train"]

    @property
    def dev(self) -> TaskSpec:
        """The task whose dev split selects the checkpoint; in the languages of training, or an oracle's in others."""
        return self.stage.inputs.tasks["dev"]

    @property
    def language(self) -> str:
        """The language of training."""
        return self.stage.inputs.languages[0]

    @property
    def encoder(self) -> Path:
        """The folder of the encoder as published, which the first training of the way to a result begins with."""
        inputs = self.stage.inputs
        return published_encoder(inputs.encoder, self.locations) if inputs.parent else self.start

    def kept_vectors(self, setting: str, shape: tuple[int, int], fill: Callable[[Any], None], *made_from: str) -> Path:
        """A file of NumPy's with the vectors [n, width], float32, that ``fill`` writes, and that stays in the store.

        They must follow from the model that ``setting`` names and from ``made_from``, such as the hashes of what they
        are vectors of: other trainings that have the same of these find the file.
        """
        waiting = partial(self.log, {"message": "waiting for another process that makes the same vectors"})
        key = self._identity(setting), *made_from
        return keep(Path(self.locations.store or self.folder), key, shape, fill, waiting)


class RepresentJob(_Job, frozen=True, kw_only=True):
    """Keep vectors of a task's texts, by the body in ``start``."""

    @property
    def data(self) -> DataSplit:
        """The split that is read."""
        (found,) = self.stage.inputs.identities
        return found


class EvaluateJob(_Job, frozen=True, kw_only=True):
    """Evaluate the model in ``start`` on every language of ``task``; write ``predictions / "test-<lang>.…"``."""

    @property
    def task(self) -> TaskSpec:
        """The target."""
        return self.stage.inputs.tasks["test"]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages to evaluate, all in one pass."""
        return self.stage.inputs.languages

    @property
    def predictions(self) -> Path:
        """The folder of the prediction files, in XTREME's layout."""
        return self.folder / "predictions" / self.task.folder

    def vectors(self, texts: Sequence[str], width: int, fill: Callable[[Any], Any], *settings: Any) -> Any:
        """The vectors [n, width], float32, that ``fill`` writes into a file for these texts, not to be changed.

        They follow from the texts, the model in ``start`` and the settings: stages that have the same of these share
        the file.
        """

        def make() -> Any:
            found = mapped((len(texts), width), self.folder)
            fill(found)
            return found

        model = path_hash(self.start), type(self.kind).__qualname__, self.stage.inputs.parent
        key = hashlib.sha256(repr((*model, *settings, width)).encode())
        for text in texts:
            data = text.encode("utf-8", "surrogatepass")
            key.update(len(data).to_bytes(8) + data)
        return self.cache.vectors_once(make, key.digest())
