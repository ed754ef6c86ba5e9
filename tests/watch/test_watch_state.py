"""What became of a run is read from its files, whoever wrote them and whether or not it still lives."""

import json
import os

import pytest

from helpers.underway import BASELINE, BEGAN, TRAINING, TRANSFER, under_way
from xh.watch.state import Counted, followed

STEPS = [{"step": step, "steps": 40, "loss": 3.0 - step / 20} for step in (10, 20)]


def states(run):
    return {each.planned.id: each.state for each in run.stages}


def test_a_training_under_way_has_its_steps_its_losses_and_its_time(store):
    with under_way(store) as run:
        run.plan()
        run.tell("began", BEGAN, TRAINING)
        run.log(TRAINING, {"machine": {}}, *STEPS, {"step": 20, "steps": 40, "dev": {"f1": 50.0}}, rest='{"step": 3')
        (found,) = followed(store, BEGAN + 60)
    assert states(found) == {BASELINE: "made before", TRAINING: "running", TRANSFER: "waiting"}
    training = found.stages[1]
    assert (training.counted, training.seconds) == (Counted(20, 40, "steps"), 60.0)
    assert (training.loss, training.dev) == (((10, 2.5), (20, 2.0)), ((20, {"f1": 50.0}),))
    assert found.under_way and found.left is None


def test_what_is_left_is_reckoned_as_the_run_itself_does(store):
    with under_way(store) as run:
        run.plan(training=100.0, transfer=30.0)
        assert followed(store, BEGAN)[0].left == "about 2 min left"
        run.tell("began", BEGAN, TRAINING)
        assert followed(store, BEGAN + 70)[0].left == "about 60 s left"
        run.log(TRAINING, *STEPS)
        assert followed(store, BEGAN + 70)[0].left == "about 2 min left"
        run.tell("done", BEGAN + 140, TRAINING, seconds=140.0)
        assert followed(store, BEGAN + 140)[0].left == "about 30 s left"


def test_an_evaluation_counts_its_languages_and_a_retrieval_its_sentences(store):
    with under_way(store) as run:
        run.plan()
        run.tell("began", BEGAN, TRANSFER)
        run.log(TRANSFER, {"encoded": 5, "sentences": 9})
        assert followed(store, BEGAN)[0].stages[2].counted == Counted(5, 9, "sentences")
        run.log(TRANSFER, {"lang": "de", "metric": "f1", "value": 1.0}, {"lang": "de", "metric": "em", "main": False})
        assert followed(store, BEGAN)[0].stages[2].counted == Counted(1, 2, "languages")


def test_what_starts_from_a_failed_stage_is_skipped_and_its_log_is_kept(store):
    with under_way(store) as run:
        run.plan()
        run.tell("began", BEGAN, TRAINING)
        run.tell("failed", BEGAN + 9, TRAINING, text="too little memory")
    (store.failed / TRAINING).mkdir()
    (store.failed / TRAINING / "log.jsonl").write_text(json.dumps(STEPS[0]) + "\n")
    (found,) = followed(store, BEGAN + 60)
    assert states(found) == {BASELINE: "made before", TRAINING: "failed", TRANSFER: "skipped"}
    assert (found.stages[1].text, found.stages[1].loss) == ("too little memory", ((10, 2.5),))


@pytest.mark.parametrize(("committed", "state"), [(False, "interrupted"), (True, "done")])
def test_a_run_that_was_killed_is_no_longer_under_way(store, committed, state):
    with under_way(store) as run:
        run.plan()
        run.tell("began", BEGAN, TRAINING)
        record = next(store.runs.folder.glob("*.json")).read_bytes()
    next(store.runs.folder.glob("*.json")).write_bytes(record)  # as it stands where nobody could end it
    if committed:
        store.folder(TRAINING).mkdir()
        (store.folder(TRAINING) / "stage.json").write_text("{}")
    (found,) = followed(store, BEGAN + 60)
    assert (found.record.outcome, found.left, states(found)[TRAINING]) == ("interrupted", None, state)


def test_lines_that_are_cut_off_or_of_another_xh_are_skipped(store):
    with under_way(store) as run:
        run.plan()
        with run.path.open("ab") as file:
            file.write(b'{"at": 1, "what": "new in 2030"}\nnull\n\xff\n' + b"[" * 5000 + b'\n{"at": 5, "what": "beg')
        assert states(followed(store, BEGAN)[0])[TRAINING] == "waiting"


def test_runs_side_by_side_are_all_followed_and_else_the_last_one(store):
    assert followed(store, BEGAN) == []
    with under_way(store, command=("xh", "run", "first")), under_way(store, command=("xh", "run", "second")):
        assert [run.record.command[-1] for run in followed(store, BEGAN)] == ["first", "second"]
    (last,) = followed(store, BEGAN)
    assert (last.record.command[-1], last.stages, last.record.outcome) == ("second", [], "failed")


def test_who_may_only_read_follows_too(store):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    with under_way(store) as run:
        run.plan()
        store.root.chmod(0o555)
        assert followed(store, BEGAN)[0].stages
        store.root.chmod(0o755)
