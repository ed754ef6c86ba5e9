"""Policies of selection: what is marked as an oracle's, and how several are compared."""

import msgspec

from helpers.shelf import make_task
from xh.results import formats
from xh.results.rows import collect

DEV = {"english-dev": {"accuracy": 60.0}, "target-dev": {"mean": 50.0, "de": 40.0, "fr": 60.0}}


def put_trained(shelf, recipe, seeds=(1,), picked=lambda inter, seed: ()):
    """A baseline and an evaluation after an intermediate task, both trained with a recipe."""
    target = make_task("nli")
    for seed in seeds:
        baseline = None
        for inter in ("none", "first"):
            parent = shelf.train("target", target, inter=inter, seed=seed, recipe=recipe | {"after": inter})
            label = {"inter": inter, "target": "nli", "baseline": baseline}
            data = {f"nli/test/{lang}": "rev" for lang in ("de", "fr")}
            inputs = {"phase": "evaluate", "tasks": {"test": target}, "languages": ("de", "fr"), "data": data}
            stage = shelf.stage(inputs | {"parent": parent, "recipe": recipe}, label, "nli")
            policies = picked(inter, seed)
            scores = policies[0]["scores"] if policies else scored(50.0)
            shelf.put(stage, {"scores": scores, "protocol": {}, "policies": policies})
            baseline = stage.id
    return collect(shelf.store)


def scored(de, fr=50.0):
    return [
        {"lang": lang, "metric": "accuracy", "value": value, "n": 100, "chance": 33.0}
        for lang, value in (("de", de), ("fr", fr))
    ]


def compared(inter, seed):
    """English takes step 10, the others step 20 + seed, the last is step 30; the intermediate task adds two points."""
    more = 2.0 if inter != "none" else 0.0
    return [
        {"policy": "english-dev", "step": 10, "dev": DEV, "scores": scored(50.0 + more)},
        {"policy": "target-dev", "step": 20 + seed, "dev": DEV, "scores": scored(60.0 + 2 * more + seed)},
        {"policy": "last", "step": 30, "dev": DEV, "scores": scored(20.0 - more, 30.0)},
    ]


def test_every_row_says_what_selected_its_checkpoint(shelf):
    protocols = [row.protocol for row in put_trained(shelf, {"select": "last"}).rows]
    assert {(protocol["select"], protocol["oracle"]) for protocol in protocols} == {("last", False)}


def test_an_oracles_rows_are_marked_everywhere(shelf):
    results = put_trained(shelf, {"select": "target-dev"})
    assert all(row.protocol["oracle"] and not row.comparable for row in results.rows)
    assert all("(oracle)" in row.why_not for row in results.rows)
    for name in ("table", "markdown", "html"):
        text = getattr(formats, name)(results)
        assert "nli† · accuracy" in text and "† oracle: " in text
    assert r"nli$\dagger$ $\cdot$ accuracy" in formats.latex(results)
    assert "protocol.oracle" in formats.csv(results).splitlines()[0]


def test_others_are_not(shelf):
    assert "oracle:" not in formats.table(put_trained(shelf, {"select": "english-dev"}))


def test_only_the_dev_set_in_the_language_of_training_must_be_the_official_one(shelf):
    target = make_task("nli", rows={"dev": {"de": 7, "en": 50}}, languages=("en", "de", "fr"))
    data = {"nli/train/en": "", "nli/dev/en": "", "nli/dev/de": ""}
    fields = {"phase": "target", "tasks": {"train": target, "dev": target}, "seed": 1, "data": data}
    training = shelf.stage(fields, {"inter": "none", "target": "nli"}, "nli")
    parent = shelf.put(training, facts={"rows": {"train": 5, "dev": 50}})
    shelf.evaluate(target, {"de": 50.0, "fr": 50.0}, parent=parent)
    assert all(row.comparable for row in collect(shelf.store).rows)


def test_a_comparison_has_each_policys_choice_beside_the_baselines(shelf):
    choices = {
        (each.inter, each.policy): each
        for each in put_trained(shelf, {"select": "english-dev"}, picked=compared).policies
    }
    assert len(choices) == 6
    oracle = choices["first", "target-dev"]
    assert (oracle.values, oracle.score) == ({"de": 65.0, "fr": 50.0}, 57.5)
    assert (oracle.baseline, oracle.delta, oracle.step, oracle.dev) == (55.5, 2.0, 21, DEV)
    assert (oracle.oracle, oracle.shown, oracle.at_chance) == (True, False, False)
    assert [choices["first", "last"].delta, choices["none", "last"].delta] == [-1.0, None]
    assert choices["first", "last"].at_chance
    assert [policy for (inter, policy), each in choices.items() if each.shown and inter == "none"] == ["english-dev"]


def test_a_comparison_is_a_table_below_the_default_policys(shelf):
    text = formats.table(put_trained(shelf, {"select": "english-dev"}, seeds=(1, 2), picked=compared))
    lines = [line.split() for line in text.splitlines()]
    assert ["de", "50.0", "±0.0", "52.0", "±0.0", "+2.0"] in lines
    assert ["english-dev", "50.0", "±0.0", "51.0", "±0.0", "+1.0"] in lines
    assert ["target-dev†", "55.8", "±0.4", "57.8", "±0.4", "+2.0"] in lines
    assert ["target-dev†", "21,", "22", "21,", "22"] in lines
    assert "nli · accuracy" in text and "† oracle: " in text


def test_without_a_comparison_there_is_no_such_table(shelf):
    results = put_trained(shelf, {"select": "english-dev"})
    assert results.policies == ()
    assert "selects" not in formats.table(results)


def test_a_baseline_that_compared_nothing_leaves_the_difference_open(shelf):
    results = put_trained(shelf, {"select": "last"}, picked=lambda *cell: compared(*cell) if cell[0] != "none" else ())
    assert {(each.inter, each.baseline, each.delta) for each in results.policies} == {("first", None, None)}


def test_a_comparison_reads_back(shelf):
    results = put_trained(shelf, {"select": "english-dev"}, picked=compared)
    assert msgspec.json.decode(formats.json(results), type=type(results)) == results
