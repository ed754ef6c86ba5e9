"""Which checkpoint each policy selects, and what comparing policies keeps of one training."""

import pytest
from msgspec.structs import replace

from helpers.changes import Scripted, before_steps
from helpers.outcomes import kill, same, told, weights
from xh.spec import Files, Training
from xh.spec.examples import Examples
from xh.training.trainer import train

DATA = Files(("{split}.jsonl",), {"train": "train", "dev": "dev", "test": "test"})
LANGUAGES = ("en", "de", "sw")
RECIPE = {"epochs": 4, "learning_rate": 3e-3}  # 5 steps an epoch, a look at the end of each


def make_target(worker, name="job", languages=LANGUAGES, **recipe):
    """The training of a target; beyond English good days are called awful."""

    def load(task, split, lang):
        rows = worker.rows[split]
        labels = rows["label"] if lang == "en" else [1 - label for label in rows["label"]]
        return Examples({"text_a": rows["text_a"], "label": labels}, f"mood {split} {lang}", lang)

    job = worker.job(name, **RECIPE | recipe)
    task = replace(job.train, roles=("target",), languages=LANGUAGES, data=DATA)
    data = {"mood/train/en": "", **{f"mood/dev/{lang}": "" for lang in languages}}
    inputs = replace(job.stage.inputs, phase="target", tasks={"train": task, "dev": task}, data=data)
    return replace(job, stage=replace(job.stage, inputs=inputs), load=load)


def script(worker, **values):
    """Have the dev evaluations in each language give these scores, one after the other."""
    worker.kind = Scripted(**{lang: iter(scores) for lang, scores in values.items()})


def steps(facts):
    return {policy: taken["step"] for policy, taken in facts["policies"].items()}


def test_english_and_the_others_select_different_checkpoints(worker):
    """The better the model is in English, the worse it is here in the others."""
    english, others = (
        make_target(worker, policy, epochs=8, learning_rate=1e-2, select=policy)
        for policy in ("english-dev", "target-dev")
    )
    best = train(english)
    accuracies = [entry["dev"]["accuracy"] for entry in worker.log if "dev" in entry]
    assert steps(best) == {"english-dev": 5 * (1 + accuracies.index(max(accuracies)))}
    assert steps(train(others)) == {"target-dev": 5 * (1 + accuracies.index(min(accuracies)))}
    assert max(accuracies) > 90
    assert not same(weights(english), weights(others))


def test_an_oracle_takes_the_best_mean_of_the_other_languages_and_never_looks_at_english(worker):
    script(worker, de=(80.0, 60.0, 10.0, 10.0), sw=(10.0, 40.0, 60.0, 10.0))
    facts = train(make_target(worker, select="target-dev"))
    assert (facts["dev"], steps(facts)) == (50.0, {"target-dev": 10})
    assert next(entry["dev"] for entry in worker.log if "dev" in entry) == {"mean": 45.0, "de": 80.0, "sw": 10.0}
    assert facts["rows"] == {"train": 40}


def test_comparing_keeps_what_each_policy_alone_would(worker):
    compared = make_target(worker, "compared", compare=True, select="last")
    found = train(compared)
    assert list(found["policies"]) == ["last", "english-dev", "target-dev"]
    for policy, taken in found["policies"].items():
        alone = make_target(worker, policy, select=policy)
        facts = train(alone)
        assert facts["policies"][policy]["step"] == taken["step"]
        assert same(weights(compared, taken["folder"]), weights(alone))


def test_comparing_tells_what_all_dev_sets_said_of_each_checkpoint(worker):
    script(worker, en=(10.0, 50.0, 90.0, 20.0), de=(80.0, 10.0, 20.0, 10.0), sw=(60.0, 10.0, 20.0, 30.0))
    facts = train(make_target(worker, compare=True))
    assert facts["policies"] == {
        "english-dev": taken("model", 15, 90.0, 20.0, 20.0),
        "target-dev": taken("model-target-dev", 5, 10.0, 80.0, 60.0),
        "last": taken("model-last", 20, 20.0, 10.0, 30.0),
    }


def taken(folder, step, en, de, sw):
    others = {"mean": (de + sw) / 2, "de": de, "sw": sw}
    return {"folder": folder, "step": step, "dev": {"english-dev": {"accuracy": en}, "target-dev": others}}


def test_a_checkpoint_that_several_policies_take_is_stored_once(worker):
    script(worker, en=(10.0, 20.0, 30.0, 40.0), de=(80.0, 10.0, 10.0, 10.0), sw=(80.0, 10.0, 10.0, 10.0))
    job = make_target(worker, compare=True)
    facts = train(job)
    folders = {policy: each["folder"] for policy, each in facts["policies"].items()}
    assert folders == {"english-dev": "model", "target-dev": "model-target-dev", "last": "model"}
    assert {path.name for path in job.folder.iterdir()} == {"model", "model-target-dev"}


def test_without_other_languages_only_the_other_policies_are_compared(worker):
    script(worker, en=(40.0, 20.0, 30.0, 10.0))
    assert steps(train(make_target(worker, compare=True, languages=("en",)))) == {"english-dev": 5, "last": 20}


FALLING = {"en": (50.0, 10.0, 10.0, 90.0), "de": (10.0, 60.0, 10.0, 10.0), "sw": (10.0, 60.0, 10.0, 10.0)}


@pytest.mark.parametrize(("select", "steps"), [("english-dev", 15), ("target-dev", 20), ("last", 20)])
def test_patience_is_that_of_the_policy(worker, select, steps):
    """English sees no gain twice by step 15, the others by step 20; the last weights know of no gain."""
    script(worker, **FALLING)
    assert train(make_target(worker, select=select, patience=2, epochs=4))["steps"] == steps


def test_a_compared_training_goes_on_but_each_policy_loses_its_patience(worker):
    """English would have stopped before its best look; the last weights are those of the whole training."""
    script(worker, **FALLING)
    facts = train(make_target(worker, compare=True, patience=2))
    assert (facts["steps"], steps(facts)) == (20, {"english-dev": 5, "target-dev": 10, "last": 20})


def test_looks_do_not_change_the_training(worker):
    jobs = [make_target(worker, "last", select="last"), make_target(worker, "compared", select="last", compare=True)]
    for job in jobs:
        train(job)
    assert same(*map(weights, jobs))


@pytest.mark.parametrize(
    ("step", "recipe"),
    [(6, {"select": "target-dev"}), (10, {"compare": True}), (13, {"compare": True, "patience": 1})],
)
def test_a_killed_training_comes_to_the_same(worker, step, recipe):
    whole = make_target(worker, "whole", **recipe)
    wanted = told(train(whole))
    job = make_target(worker, "killed", **recipe)
    kill(job, step)
    assert job.checkpoints.latest()
    assert told(train(job)) == wanted
    for folder in {taken["folder"] for taken in wanted["policies"].values()}:
        assert same(weights(job, folder), weights(whole, folder))


def test_a_training_that_patience_ended_trains_no_more(worker, monkeypatch):
    """Where it was saved at its end and killed before it was written out."""
    monkeypatch.setenv("XH_CHECKPOINT_SECONDS", "0")
    script(worker, en=(50.0, 10.0, 90.0))
    job = make_target(worker, patience=1, eval_every=7)
    before = told(train(job))
    assert told(train(replace(job, methods=(before_steps(lambda _: pytest.fail("trained again")),)))) == before
    assert before["steps"] == 14


def test_the_policies_of_a_recipe():
    assert Training().policies == ("english-dev",)
    assert Training(select="last", compare=True).policies == ("last", "english-dev", "target-dev")
    assert [Training(select="last", compare=each).evaluates_dev for each in (False, True)] == [False, True]
