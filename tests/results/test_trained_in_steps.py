"""Targets that were trained in several steps."""

from helpers.shelf import make_task
from xh.results.coordinates import located
from xh.results.evaluation import selected, stored
from xh.results.rows import collect


def put(shelf, first_data, epochs=1.0):
    """An evaluation after a step on ``a`` and one on ``b`` with the same recipe."""
    recipe = {"epochs": epochs, "select": "last"}
    first = shelf.train(
        "target", make_task("a"), data={"a/train/en": first_data}, recipe=recipe | {"select": "english-dev"}
    )
    last = shelf.train("target", make_task("b"), parent=first, with_head=True, recipe=recipe, label={"target": "t"})
    shelf.evaluate(make_task("t"), {"de": 50.0}, parent=last, recipe=recipe)


def settings(shelf):
    evaluations = stored(shelf.store, shelf.store.evaluations())
    return sorted((str(place.at.settings), str(place.others)) for place in located(evaluations).values())


def test_the_last_step_selects(shelf):
    put(shelf, "x")
    (evaluation,) = stored(shelf.store, shelf.store.evaluations())
    assert selected(evaluation.ancestors) == "last" and evaluation.policy == "last"


def test_a_setting_of_all_steps_is_one_setting(shelf):
    put(shelf, "x")
    put(shelf, "x", epochs=2.0)
    assert settings(shelf) == [("{'t.epochs': 1.0}", "{}"), ("{'t.epochs': 2.0}", "{}")]


def test_other_data_of_an_earlier_step_are_told(shelf):
    put(shelf, "x")
    put(shelf, "y")
    assert settings(shelf) == [("{}", "{'target a.data': 'x'}"), ("{}", "{'target a.data': 'y'}")]
    assert len(collect(shelf.store).rows) == 2
