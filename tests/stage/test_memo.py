"""What the stages of one worker make once."""

from types import SimpleNamespace

import numpy as np
import pytest

from xh.data.places import Places
from xh.kinds.span import Span
from xh.kinds.tag import Tag
from xh.model.tokenizer import load_tokenizer, vocabulary
from xh.plan import Request, build
from xh.plan.recipes import parse_overrides
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.stage import execute, labels
from xh.stage import load as stage_load
from xh.stage.cache import StageCache
from xh.store import Store


class Maker:
    """Makes the same list again and again, and counts how often."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return [1, [2]]


@pytest.fixture
def make():
    return Maker()


def test_what_was_made_from_the_same_is_made_once(make):
    cache = StageCache()
    assert cache.once(make, "a", {"rows": [1, 2]}) == cache.once(make, "a", {"rows": [1, 2]}) == [1, [2]]
    assert make.times == 1
    cache.once(make, "a", {"rows": [1, 3]})
    assert make.times == 2


def test_nobody_can_change_what_others_get(make):
    cache = StageCache()
    for _ in range(3):
        cache.once(make, "a")[1].append(3)
    assert cache.once(make, "a") == [1, [2]]


def test_the_oldest_vectors_make_room(monkeypatch):
    cache, made = StageCache(), []
    monkeypatch.setattr("xh.stage.cache.FILES", 80)
    for key in (b"a", b"b", b"a", b"c", b"a"):
        cache.vectors_once(lambda key=key: made.append(key) or np.zeros(10, np.float32), key)
    assert made == [b"a", b"b", b"c", b"a"]
    alone = StageCache(room=0)
    for _ in range(2):
        alone.vectors_once(lambda: made.append(b"d") or np.zeros(10, np.float32), b"d")
    assert made[-2:] == [b"d", b"d"]


def test_what_has_gone_unused_longest_makes_room(make):
    cache = StageCache()
    cache.once(make, "a")
    cache.room = 2 * cache.size
    for key in ("b", "a", "c", "a"):  # c takes the place of b
        cache.once(make, key)
    assert make.times == 3
    cache.once(make, "b")
    assert make.times == 4 and cache.size == cache.room


def test_what_does_not_fit_at_all_is_not_kept_and_pushes_nothing_out(make):
    cache = StageCache()
    cache.once(make, "a")
    cache.room = cache.size
    for _ in range(2):
        cache.once(lambda: [*make(), "more"], "b")
    cache.once(make, "a")
    assert make.times == 3


def test_without_room_nothing_is_kept(make):
    cache = StageCache(room=0)
    cache.once(make, "a"), cache.once(make, "a")
    assert make.times == 2 and cache.size == 0


@pytest.mark.parametrize(("key", "made"), [(object(), 1), ("a", lambda: 1)])
def test_what_has_no_encoding_or_no_pickle_is_made_again(key, made):
    cache, found = StageCache(), []
    for _ in range(2):
        assert cache.once(lambda: found.append(1) or made, key) is made
    assert len(found) == 2


def test_a_tokenizer_is_known_by_what_it_does(encoders, tmp_path):
    one = load_tokenizer(encoders["AutoModel"])
    before = vocabulary(one)
    one(["a text"], truncation=True, max_length=4, padding=True)
    one.save_pretrained(tmp_path)
    assert vocabulary(one) == vocabulary(load_tokenizer(tmp_path)) == before
    one.add_tokens(["newword"])
    assert vocabulary(one) != before


@pytest.fixture
def noted(monkeypatch):
    """Notes what features are made of, and what is read."""
    made = []
    for kind in (Tag, Span):
        plain = kind.features

        def features(self, examples, *rest, train, plain=plain):
            made.append((examples.where, train))
            return plain(self, examples, *rest, train=train)

        monkeypatch.setattr(kind, "features", features)
    read, columns = [], stage_load.load_columns
    for module in (stage_load, labels):
        monkeypatch.setattr(module, "load_columns", lambda *given: read.append(given[2:]) or columns(*given))
    return SimpleNamespace(made=made, read=read)


def run_cells(noted, encoders, tmp_path, name, cache):
    """Run a request's stages with one memo, or each with its own: scores, what features were made of, what was read."""
    registry = Registry(load())
    noted.made.clear(), noted.read.clear()
    settings = ("epochs=1", "max_length=40", "precision=fp32", "batch_size=8")
    words = [f"{task}.{setting}" for task in ("panx", "squad") for setting in settings]
    overrides = parse_overrides([*words, "squad.max_query=16", "squad.stride=12"])
    request = Request(
        inter=("squad",), target=("panx",), langs=("de", "sw"), model=str(encoders["AutoModel"]),
        data=Places("sample"), limit_train=16, limit_eval=8, runs=str(tmp_path / name), overrides=overrides,
    )  # fmt: skip
    plan, store = build(request, registry), Store.open(tmp_path / name)
    for stage in plan.stages.values():
        execute.execute(stage, plan.locations, registry, lambda entry: None, cache or StageCache())
    files = [store.folder(stage.id) / "scores.json" for stage in plan.stages.values() if stage.phase == "evaluate"]
    places = sorted(f"{task.name} {split} {lang}" for task, split, lang in noted.read)
    return [file.read_text() for file in files], sorted(noted.made), places


def test_cells_share_their_features_and_score_the_same(noted, encoders, tmp_path):
    (shared, once, read), (alone, twice, again) = (
        run_cells(noted, encoders, tmp_path, "shared", StageCache()),
        run_cells(noted, encoders, tmp_path, "alone", None),
    )
    assert shared == alone and len(shared) == 2
    squad = [("squad dev en", False), ("squad train en", True)]
    panx = [("panx dev en", False), ("panx test de", False), ("panx test sw", False), ("panx train en", True)]
    assert once == [*panx, *squad]
    assert twice == sorted([*panx, *panx, *squad])
    assert read == [place for place, _ in once] and again == [place for place, _ in twice]
