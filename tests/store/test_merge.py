"""Stages of one store come into another whole, or not at all; others are removed with all that starts from them."""

import json

import pytest
from msgspec.structs import replace

from helpers.made_stages import finish_stage, make_stage
from xh.spec import StorageError
from xh.store import Store
from xh.store.merge import merge
from xh.store.models import drop_models
from xh.store.remove import children, remove


@pytest.fixture
def other(tmp_path):
    return Store.open(tmp_path / "other")


def test_what_is_missing_comes_and_what_is_there_stays(store, other):
    first, second = finish_stage(store, 1), finish_stage(store, 2)
    merge(other, store)
    remove(store, [first.name])
    before = (second / "stage.json").stat().st_ino
    found = merge(store, other)
    assert (found.copied, found.there, found.damaged) == ({first.name: 24}, [second.name], {})
    assert (second / "stage.json").stat().st_ino == before
    assert first.is_dir() and store.verify() == {}
    assert store.record(first.name) == other.record(first.name)
    assert [path.name for path in store.stages.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["scores.json", "predictions/test-de.tsv", "stage.json"])
def test_what_is_damaged_is_left_out_and_named(store, other, name):
    whole, broken = finish_stage(store, 1), finish_stage(store, 2)
    text = (broken / name).read_bytes()
    (broken / name).write_bytes(text[:-3] + b"X" + text[-2:])
    found = merge(other, store)
    assert (list(found.copied), other.ids()) == ([whole.name], [whole.name])
    assert list(found.damaged) == [broken.name]
    assert found.damaged[broken.name][0].startswith(name)
    assert list(other.failed.iterdir()) == []


def test_a_store_of_a_newer_xh_is_not_taken(store, other):
    (other.root / "store.json").write_text(json.dumps({"schema": 99}))
    with pytest.raises(StorageError, match="newer xh"):
        merge(store, Store.existing(other.root))


def test_stages_without_models_come_where_there_is_nothing_better(store, other):
    for each in (store, other):
        with each.work(make_stage()) as folder:
            (folder / "model").mkdir()
            (folder / "model" / "weights").touch()
            (folder / "model" / "config.json").write_text("{}")
            each.commit(make_stage(), folder, {}, {}, 0.0)
    drop_models(other, make_stage().id)
    assert merge(store, other).there == [make_stage().id]
    assert store.startable(make_stage().id)
    remove(store, [make_stage().id])
    assert list(merge(store, other).copied) == [make_stage().id]
    assert store.record(make_stage().id).dropped


def test_the_records_of_runs_come_too(store, other):
    with other.runs.run(["xh", "run"]) as under_way:
        under_way.ended(outcome="finished")
    merge(store, other)
    assert store.history() == other.history() != []


def test_a_stage_goes_with_all_that_starts_from_it(store):
    def put(seed, parent):
        stage = make_stage(seed)
        stage = replace(stage, inputs=replace(stage.inputs, parent=parent))
        with store.work(stage) as folder:
            store.commit(stage, folder, {}, {}, 0.0)
        return stage.id

    first = put(1, None)
    second = put(2, first)
    third, alone = put(3, second), put(4, None)
    assert children(store, {first}) == sorted([second, third])
    assert children(store, {third, alone}) == []
    remove(store, [first, second, third])
    assert store.ids() == [alone]
    assert [path.name for path in store.stages.iterdir()] == [alone]


def test_nothing_is_removed_while_one_is_in_use(store):
    first, second = finish_stage(store, 1), finish_stage(store, 2)
    for use in (store.lock(second.name), store.reading(second.name, "evaluate-demo-000000000001")):
        with use, pytest.raises(StorageError, match=f"{second.name} is in use"):
            remove(store, [first.name, second.name])
    assert len(store.ids()) == 2
