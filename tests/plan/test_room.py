"""Which models a run still needs, and the room that it takes."""

import errno
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from helpers.weights import write_weights
from xh.data.places import Places
from xh.plan import Request, build
from xh.plan.disk import Disk, Models, check_room, disk
from xh.plugins import registry
from xh.spec import StorageError, UsageError

SIZE = 1_000_000


@pytest.fixture
def encoder(model):
    write_weights(model / "model.safetensors", {"weight": [SIZE // 4]})
    return model


def plan_run(encoder, tmp_path, **more):
    """squad → xquad and tatoeba, from an encoder of a megabyte."""
    fields = {
        "inter": ("squad",),
        "target": ("xquad", "tatoeba"),
        "langs": ("de",),
        "data": Places("sample"),
    } | more
    request = Request(model=str(encoder), runs=str(tmp_path / "nowhere" / "runs"), **fields)
    return build(request, registry())


def short(plan, ids):
    stages = [plan.stages[stage_id] for stage_id in ids]
    return [f"{stage.phase} {stage.purpose.inter}" for stage in stages]


def gone(plan, keep, done=()):
    """What may go after each evaluation of a plan, in its order."""
    models = Models(plan.stages, keep, done)
    return [short(plan, models.finished(stage)) for stage in plan.stages.values() if stage.phase == "evaluate"]


def test_a_targets_model_goes_after_its_evaluation(encoder, tmp_path):
    assert gone(plan_run(encoder, tmp_path), "intermediate") == [["target none"], [], ["target squad"], []]


def test_an_intermediate_model_goes_after_all_that_starts_from_it(encoder, tmp_path):
    assert gone(plan_run(encoder, tmp_path), "none") == [["target none"], [], ["target squad"], ["intermediate squad"]]


def test_all_stay_where_that_is_asked_for(encoder, tmp_path):
    assert gone(plan_run(encoder, tmp_path), "all") == [[]] * 4


def test_a_model_stays_while_another_evaluation_of_it_is_not_finished(encoder, tmp_path):
    made = plan_run(encoder, tmp_path)
    first = next(stage for stage in made.stages.values() if stage.phase == "evaluate" and stage.inputs.parent)
    second = replace(first, inputs=replace(first.inputs, languages=("es",)))
    stages = {**made.stages, second.id: second}
    models = Models(stages, "intermediate")
    assert models.finished(first) == []
    assert models.finished(second) == [first.inputs.parent]
    assert Models(stages, "intermediate", [second.id]).finished(first) == [first.inputs.parent]


def test_trainings_let_nothing_go(encoder, tmp_path):
    made = plan_run(encoder, tmp_path)
    models = Models(made.stages, "none")
    assert [models.finished(stage) for stage in made.stages.values() if stage.phase != "evaluate"] == [[]] * 3


@pytest.mark.parametrize(("keep", "peak", "stays"), [("all", 6 + 3, 3), ("intermediate", 6 + 2, 1), ("none", 6 + 2, 0)])
def test_room_is_for_checkpoints_and_for_the_models_that_are_there_at_one_time(encoder, tmp_path, keep, peak, stays):
    made = plan_run(encoder, tmp_path)
    found = disk(made.stages, list(made.stages.values()), keep, made.locations)
    assert (found.peak, found.stays) == (peak * SIZE, stays * SIZE)
    assert found.free > 0


def test_what_compares_policies_takes_more(encoder, tmp_path):
    made = plan_run(encoder, tmp_path, target=("pawsx",), overrides={"pawsx": {"compare": True}})
    found = disk(made.stages, list(made.stages.values()), "all", made.locations)
    assert (found.peak, found.stays) == ((3 + 1 + 3 + 9) * SIZE, 7 * SIZE)


def test_only_what_is_to_be_made_takes_room(encoder, tmp_path):
    made = plan_run(encoder, tmp_path)
    evaluations = [stage for stage in made.stages.values() if stage.phase == "evaluate"]
    found = disk(made.stages, evaluations, "all", made.locations)
    assert (found.peak, found.stays) == (0, 0)


def test_half_precision_is_trained_in_float32(tmp_path, encoder):
    tensor = {"dtype": "BF16", "shape": [500, SIZE // 1000], "data_offsets": [0, SIZE]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "weights": tensor}).encode()
    (encoder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(SIZE))
    made = plan_run(encoder, tmp_path)
    assert disk(made.stages, list(made.stages.values()), "none", made.locations).peak == 2 * 8 * SIZE


def test_what_was_saved_before_an_interruption_is_there_already(encoder, tmp_path):
    made = plan_run(encoder, tmp_path)
    first = next(stage for stage in made.stages.values() if stage.phase == "target")
    saved = tmp_path / "nowhere" / "runs" / "checkpoints" / first.id
    saved.mkdir(parents=True)
    (saved / "weights").write_bytes(bytes(4 * SIZE))
    assert disk(made.stages, [first], "all", made.locations).peak == (1 + 2) * SIZE


def test_what_another_process_removes_while_it_is_counted_is_gone(encoder, tmp_path, monkeypatch):
    made = plan_run(encoder, tmp_path)
    first = next(stage for stage in made.stages.values() if stage.phase == "target")
    (tmp_path / "nowhere" / "runs" / "checkpoints" / first.id / "checkpoint-1").mkdir(parents=True)
    listed = os.scandir

    def vanished(path):
        if Path(path).name == "checkpoint-1":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", vanished)
    assert disk(made.stages, [first], "all", made.locations).peak == (1 + 6) * SIZE


def test_an_encoder_that_is_not_there_yet_has_no_size(tmp_path, encoder):
    made = plan_run(encoder, tmp_path)
    (encoder / "model.safetensors").unlink()
    found = disk(made.stages, list(made.stages.values()), "all", made.locations)
    assert (found.peak, found.stays) == (None, None)
    check_room(found, "runs")


def test_too_little_room_is_said_with_a_way_on():
    check_room(Disk(peak=10**9, stays=0, free=10**9), "runs")
    with pytest.raises(
        StorageError, match=r"needs about 12\.0 GB on the disk of runs, but only 3\.0 GB are free"
    ) as caught:
        check_room(Disk(peak=12 * 10**9, stays=4 * 10**9, free=3 * 10**9), "runs")
    assert "4.0 GB of that remain" in caught.value.why
    assert "--keep none" in caught.value.todo


def test_a_run_is_refused_before_it_starts(encoder, tmp_path, monkeypatch):
    from xh.cli.main import main

    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    words = ["run", "--inter", "squad", "--target", "tatoeba", "--langs", "de", "--runs", str(tmp_path / "runs")]
    assert main(words) == StorageError.exit_code
    assert list((tmp_path / "runs" / "stages").iterdir()) == []


def test_what_to_keep_is_one_of_three(encoder, tmp_path):
    with pytest.raises(UsageError, match="no choice of --keep 'some'"):
        plan_run(encoder, tmp_path, keep="some")
