"""Similarity of tasks beside the gain, from a store in which stages have vectors."""

import json

import msgspec
import numpy as np
import pytest

from helpers.shelf import make_task
from xh.results import formats
from xh.results.measures import linear_cka, logme
from xh.results.rows import collect
from xh.spec import StorageError
from xh.spec.recipe import Representation

RECIPE = msgspec.to_builtins(Representation())
GAINS = {"near": (4.0, 3.0), "middle": (1.0, 2.0), "far": (-3.0, -2.0)}
"""By intermediate task, on both targets."""
ENCODERS = {"mini": "sha256:1", "large": "sha256:2"}


def make_target(name, **fields):
    """A target that is trained in English."""
    return make_task(name, languages=("en", "de", "fr"), **fields)


def put_vectors(shelf, task, split, lang, vectors, labels=None, parent=None, identity=None, encoder="mini"):
    """Put the vectors of a task's split, by the untuned encoder or after a training."""
    data = {f"{task.name}/{split}/{lang}": identity or {"train": "a", "dev": "b"}.get(split, f"rev-{lang}")}
    inputs = {"phase": "represent", "tasks": {split: task}, "languages": (lang,), "data": data, "parent": parent}
    inputs |= {"recipe": RECIPE, "encoder": ENCODERS[encoder]}
    stage = shelf.stage(inputs, {"inter": "none", "target": None, "encoder": encoder}, task.name)
    with shelf.store.work(stage) as folder:
        np.save(folder / "vectors.npy", np.array(vectors, np.float32))
        if labels is not None:
            np.save(folder / "labels.npy", np.array(labels))
        shelf.store.commit(stage, folder, {}, {}, 1.0)
    return stage.id


def put_chain(shelf, name, gains, seed=1, encoder="mini"):
    """Put a target's baseline, and the target after intermediate tasks with these gains in German.

    Returns the ids of the trainings: the target's own, and the intermediate ones by name.
    """
    label = {"encoder": encoder}
    shared = {"encoder": ENCODERS[encoder], "label": label}
    own = shelf.train("target", make_target(name), seed=seed, **shared)
    baseline = shelf.evaluate(make_target(name), {"de": 50.0, "fr": 40.0}, parent=own, **shared)
    trained = {}
    for inter, gain in gains.items():
        trained[inter] = shelf.train("intermediate", make_task(inter), inter=inter, seed=seed, **shared)
        parent = shelf.train("target", make_target(name), inter=inter, seed=seed, parent=trained[inter], **shared)
        values = {"de": 50.0 + gain, "fr": 40.0}
        after = shared | {"label": label | {"baseline": baseline}}
        shelf.evaluate(make_target(name), values, inter=inter, parent=parent, **after)
    return own, trained


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def of(results, measure):
    return [each for each in results.similarities if each.measure == measure]


def test_without_vectors_there_is_nothing(shelf):
    put_chain(shelf, "t", {"i": 2.0})
    results = collect(shelf.store)
    assert (results.similarities, results.correlations) == ((), ())


def test_text_embeddings_are_means_and_every_language_has_its_own_gain(shelf):
    put_chain(shelf, "t", {"i": 2.0})
    stages = [
        put_vectors(shelf, make_task("i"), "train", "en", [[1, 0], [3, 0]]),
        put_vectors(shelf, make_target("t"), "dev", "en", [[1, 1]]),
        put_vectors(shelf, make_target("t"), "test", "de", [[0, 5]]),
        put_vectors(shelf, make_target("t"), "test", "fr", [[-1, 0]]),
    ]
    found = of(collect(shelf.store), "textemb")
    values = {each.lang: (each.value, each.delta) for each in found}
    assert values == {None: (pytest.approx(0.5**0.5, abs=1e-6), 1.0), "de": (0.0, 2.0), "fr": (-1.0, 0.0)}
    assert [each.stages for each in found] == [(stages[0], other) for other in stages[1:]]
    assert {(each.inter, each.target, each.seed, each.at.model) for each in found} == {("i", "t", 1, "mini")}


def test_a_target_that_is_not_trained_is_the_mean_of_its_languages(shelf):
    pairs = make_task("pairs", kind="bitext")
    baseline = shelf.evaluate(pairs, {"de": 50.0, "fr": 40.0})
    inter = shelf.train("intermediate", make_task("i"), inter="i")
    shelf.evaluate(pairs, {"de": 51.0, "fr": 44.0}, inter="i", parent=inter, label={"baseline": baseline})
    put_vectors(shelf, make_task("i"), "train", "en", [[1, 0]])
    put_vectors(shelf, pairs, "test", "de", [[2, 0]])
    assert [each.lang for each in collect(shelf.store).similarities] == ["de"]
    put_vectors(shelf, pairs, "test", "fr", [[0, 2]])
    whole = next(each for each in collect(shelf.store).similarities if each.lang is None)
    assert (whole.value, whole.delta) == (pytest.approx(0.5**0.5, abs=1e-6), 2.5)


def test_logme_and_cka_are_of_the_encoders_after_their_trainings(shelf, rng):
    own, trained = put_chain(shelf, "t", {"i": 2.0, "j": 1.0})
    x, y, labels = rng.normal(size=(20, 4)), rng.normal(size=(20, 4)), np.arange(20) % 2
    put_vectors(shelf, make_target("t"), "dev", "en", x, labels, parent=trained["i"])
    put_vectors(shelf, make_target("t"), "dev", "en", y, labels, parent=own)
    results = collect(shelf.store)
    x, y = x.astype(np.float32), y.astype(np.float32)
    (evidence,), (alike,) = of(results, "logme"), of(results, "cka")
    assert evidence.value == pytest.approx(logme(x.astype(float), labels), abs=1e-6)
    assert alike.value == pytest.approx(linear_cka(x.astype(float), y.astype(float)), abs=1e-6)
    assert (alike.inter, len(alike.stages), len(evidence.stages)) == ("i", 2, 1)


def test_vectors_of_other_data_do_not_count(shelf):
    _, trained = put_chain(shelf, "t", {"i": 2.0})
    put_vectors(shelf, make_target("t"), "dev", "en", [[1, 0], [0, 1]], [0, 1], parent=trained["i"], identity="other")
    assert not collect(shelf.store).similarities


def test_without_classes_there_is_no_logme(shelf):
    _, trained = put_chain(shelf, "t", {"i": 2.0})
    put_vectors(shelf, make_target("t"), "dev", "en", [[1, 0], [0, 1]], parent=trained["i"])
    assert not collect(shelf.store).similarities


def put_near_targets(shelf, gains=GAINS):
    """Three intermediate tasks that are the nearer to two targets the more they help."""
    for number, (inter, angle) in enumerate(zip(gains, (0.1, 0.4, 0.9), strict=False)):
        put_vectors(shelf, make_task(inter), "train", "en", [[1, angle + number / 100]])
    for number, name in enumerate(("t", "u")):
        put_chain(shelf, name, {inter: both[number] for inter, both in gains.items()})
        put_vectors(shelf, make_target(name), "dev", "en", [[1, number / 50]])
    return collect(shelf.store)


def test_the_rank_correlation_with_the_gain(shelf):
    (found,) = put_near_targets(shelf).correlations
    assert (found.measure, found.pairs, found.permutations) == ("textemb", 6, 12)
    assert found.rho == pytest.approx(0.942857, abs=1e-5)
    low, high = found.ci95_pairs
    assert low <= found.rho <= high
    assert 1 / 12 <= found.p_tasks <= 2 / 12
    assert len(found.evaluations) == 6


def test_seeds_are_averaged_before(shelf):
    for seed in (1, 2):
        put_chain(shelf, "t", {"i": 2.0 * seed, "j": 1.0}, seed)
    for name in ("i", "j"):
        put_vectors(shelf, make_task(name), "train", "en", [[1, 0]])
    put_vectors(shelf, make_target("t"), "dev", "en", [[1, 1]])
    results = collect(shelf.store)
    assert len(of(results, "textemb")) == 4
    assert [each.pairs for each in results.correlations] == [2]
    assert "textemb and gain: no rank correlation over 2 pairs" in formats.markdown(results)


def test_every_format_for_readers_has_pairs_and_correlation(shelf):
    results = put_near_targets(shelf)
    said = "textemb and gain: rank correlation +0.94 over 6 pairs, 95% interval"
    table, page = formats.table(results), formats.markdown(results)
    assert said in " ".join(table.split()) and said in page
    assert "textemb · cosine of mean text vectors, and gain" in table
    assert "| t | 0.7359  -1.5 | 0.9253  +0.5 | 0.9950  +2.0 |" in page
    assert json.loads(formats.json(results))["correlations"][0]["pairs"] == 6
    assert said in formats.html(results)


def test_a_table_says_of_which_targets_a_measure_is_not_there(shelf):
    put_chain(shelf, "v", {"i": 1.0})
    _, trained = put_chain(shelf, "t", {"i": 2.0})
    put_vectors(shelf, make_target("t"), "dev", "en", [[1, 0], [0, 1]], [0, 1], parent=trained["i"])
    assert "No logme for v. It needs an intermediate task, and a target" in formats.markdown(collect(shelf.store))


def test_each_encoder_has_a_correlation_of_its_own(shelf):
    for encoder, angle in (("mini", 1), ("large", 2)):
        for name, gain in (("t", 1.0), ("u", 2.0)):
            put_chain(shelf, name, {"i": gain, "j": 2 * gain}, encoder=encoder)
            put_vectors(shelf, make_target(name), "dev", "en", [[1, angle * gain]], encoder=encoder)
        put_vectors(shelf, make_task("i"), "train", "en", [[1, 0]], encoder=encoder)
        put_vectors(shelf, make_task("j"), "train", "en", [[0, 1]], encoder=encoder)
    results = collect(shelf.store)
    assert [(each.at.model, each.pairs) for each in results.correlations] == [("large", 4), ("mini", 4)]
    page = formats.markdown(results)
    assert "textemb · mini and gain: rank correlation" in page and "textemb · large and gain" in page
    assert "| mini · i | 0.7071  +0.5 | 0.4472  +1.0 |" in page


def test_damaged_vectors_are_named(shelf):
    put_chain(shelf, "t", {"i": 2.0})
    put_vectors(shelf, make_task("i"), "train", "en", [[1, 0]])
    broken = put_vectors(shelf, make_target("t"), "dev", "en", [[np.nan, 0]])
    with pytest.raises(StorageError, match=f"{broken}/vectors.npy can't be read") as caught:
        collect(shelf.store)
    assert f"xh store rm {broken}" in caught.value.todo
