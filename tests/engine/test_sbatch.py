"""Stages as jobs: the script that submits them, and a job's process; Slurm is a stub that keeps what it is given."""

import os
import signal
import subprocess

import pytest

from xh.cli.main import main
from xh.engine import alone
from xh.engine.worker import Order
from xh.spec import StorageError
from xh.store import Store

STUBS = {
    "sbatch": """
number=$(($(ls "$SLURM_STUB" | grep -c '\\.job$') + 1))
cat > "$SLURM_STUB/$number.job"
printf '%s\\n' "$@" > "$SLURM_STUB/$number.options"
for word in "$@"; do case $word in --job-name=*) name=${word#*=} ;; --comment=*) comment=${word#*=} ;; esac; done
echo "$number|$comment|$name" >> "$SLURM_STUB/queue"
echo "$number;cluster"
""",
    "squeue": 'cat "$SLURM_STUB/queue"',
    "scontrol": 'echo "$@" > "$SLURM_STUB/asked"',
}
PLAN = ("plan", "--inter", "squad", "--target", "xquad,bucc", "--langs", "de", "--format", "sbatch")


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """The folder in which the stub keeps things; it stands in PATH."""
    folder = tmp_path / "slurm"
    folder.mkdir()
    (folder / "queue").touch()
    for name, text in STUBS.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_STUB", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def submit(slurm, capsys, tmp_path, *words):
    """Plan and submit; returns by job number its stage and options."""
    assert main([*PLAN, *words]) == 0
    (tmp_path / "jobs.sh").write_text(capsys.readouterr().out)
    subprocess.run(["bash", "jobs.sh"], cwd=tmp_path, check=True, capture_output=True)
    return jobs(slurm)


def jobs(slurm):
    found = {}
    for path in sorted(slurm.glob("*.job"), key=lambda path: int(path.stem)):
        lines = path.read_text().splitlines()
        order = Order.of(lines[lines.index("ORDER") - 1].encode())
        found[path.stem] = order.stage, path.with_suffix(".options").read_text().splitlines()
    return found


def test_each_stage_is_a_job_that_waits_for_its_parents(slurm, capsys, tmp_path):
    found = submit(slurm, capsys, tmp_path, "--engine-set", 'options=["--gres=gpu:1", "--comment=a b"]')
    assert len(found) == 7
    numbers = {stage.id: number for number, (stage, _) in found.items()}
    for stage, options in found.values():
        assert f"--job-name={stage.id}" in options
        waits = [word for word in options if word.startswith("--dep")]
        parent = stage.inputs.parent
        assert waits == ([f"--dependency=afterok:{numbers[parent]}"] if parent else [])
        assert ("--kill-on-invalid-dep=yes" in options) == bool(parent)
        assert {"--requeue", "--signal=B:USR1@120", "--open-mode=append", "--gres=gpu:1", "--comment=a b"} <= {*options}


def test_trainings_have_the_gpus_that_their_jobs_ask_for(tmp_path, slurm, capsys):
    found = submit(slurm, capsys, tmp_path, "--gpus-per-stage", "4", "--engine-set", 'options=["--gres=gpu:{gpus}"]')
    assert {(stage.trains, options[-1]) for stage, options in found.values() if not stage.inputs.parent} == {
        (True, "--gres=gpu:4"),
        (False, "--gres=gpu:1"),
    }
    order = next(line for line in (slurm / "1.job").read_text().splitlines() if line.startswith("{"))
    places = Order.of(order.encode()).locations
    assert (places.processes, places.gpus_per_stage) == (4 if found["1"][0].trains else 1, 1)
    assert main([*PLAN, "--gpus-per-stage", "4"]) == 2
    assert "Say {gpus} in the options" in capsys.readouterr().err


def test_what_is_in_the_queue_or_in_the_store_is_not_submitted_again(capsys, slurm, tmp_path):
    first = submit(slurm, capsys, tmp_path)
    assert len(submit(slurm, capsys, tmp_path)) == 7
    lost = next(number for number, (stage, _) in first.items() if stage.title == "evaluate bucc after squad")
    parent = next(number for number, (stage, _) in first.items() if stage.id == first[lost][0].inputs.parent)
    there = next(stage.id for stage, _ in first.values() if stage.title == "evaluate bucc")
    (tmp_path / "runs/stages" / there).mkdir(parents=True)
    (tmp_path / "runs/stages" / there / "stage.json").touch()
    queue = slurm / "queue"
    queue.write_text("".join(line for line in queue.open() if not line.startswith(f"{lost}|") and there not in line))
    subprocess.run(["bash", "jobs.sh"], cwd=tmp_path, check=True)
    again = {number: each for number, each in jobs(slurm).items() if number not in first}
    ((stage, options),) = again.values()
    assert stage.id == first[lost][0].id
    assert f"--dependency=afterok:{parent}" in options


def test_a_damaged_stage_is_submitted(capsys, slurm, tmp_path):
    stage = next(stage for stage, _ in submit(slurm, capsys, tmp_path).values() if stage.title == "evaluate bucc")
    (tmp_path / "runs/stages" / stage.id).mkdir(parents=True)
    (tmp_path / "runs/stages" / stage.id / "stage.json").write_text("{")
    (slurm / "queue").write_text("")
    assert [each.id for each, _ in submit(slurm, capsys, tmp_path).values()].count(stage.id) == 2


def test_lines_of_the_site_come_first(capsys, tmp_path, slurm):
    submit(slurm, capsys, tmp_path, "--engine-set", 'prologue=["module load cuda", "ulimit -c 0"]')
    lines = (slurm / "1.job").read_text().splitlines()
    assert lines[:3] == ["#!/bin/bash", "module load cuda", "ulimit -c 0"]
    assert lines[lines.index("ORDER") - 2].endswith("-P -m xh stage run - <<'ORDER'")


@pytest.fixture
def order(slurm, capsys, tmp_path):
    """One of the stages that were submitted."""
    stage, _ = next(iter(submit(slurm, capsys, tmp_path).values()))
    from xh.spec import Locations

    return Order(stage, Locations(store="runs"))


@pytest.fixture
def signals():
    """What signals do is as before when the test is over."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run_job(order, monkeypatch, work):
    """Run a stage's job in this process, in which ``work`` is what its execution does."""
    said = []
    monkeypatch.setattr("xh.engine.worker._import", lambda *_: None)
    monkeypatch.setattr("xh.engine.worker.execute", lambda *_, report, cache: work(report))
    return alone.run(order, said.append), said


def test_a_job_says_what_happens_and_how_it_ended(order, monkeypatch, signals):
    code, said = run_job(order, monkeypatch, lambda report: report({"step": 1}) or True)
    assert code == 0
    assert [event["event"] for event in said] == ["log", "done"]
    assert said[1]["cached"]


def test_a_job_that_fails_has_the_error_as_its_exit_code_and_keeps_it(monkeypatch, signals, order):
    def fail(report):
        raise StorageError("The parent stage is no longer in the store.")

    code, said = run_job(order, monkeypatch, fail)
    assert (code, said[-1]["type"]) == (5, "StorageError")
    assert "no longer in the store" in (Store("runs").failed / order.stage.id / "error.txt").read_text()


@pytest.mark.parametrize(("number", "asked"), [(signal.SIGUSR1, ["requeue 17"]), (signal.SIGTERM, [])])
def test_a_job_whose_time_is_up_clears_away_and_is_queued_again(order, signals, slurm, monkeypatch, number, asked):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setattr(alone, "GRACE", 0)
    cleared = []

    def work(report):
        try:
            os.kill(os.getpid(), number)
        finally:
            cleared.append(True)

    code, said = run_job(order, monkeypatch, work)
    assert (code, cleared, said) == (128 + number, [True], [])
    assert [path.read_text().strip() for path in slurm.glob("asked")] == asked


@pytest.mark.parametrize("name", ["a\ntouch taken\n", "%j{gpus}", "'; touch taken; '", "$(touch taken)"])
def test_a_stores_name_is_a_name_and_nothing_else(slurm, capsys, tmp_path, name):
    made = submit(slurm, capsys, tmp_path, "--runs", name)
    store = str(tmp_path / name)
    assert {Order.of(job).locations.store for job in orders(tmp_path)} == {store}
    assert f"--output={store.replace('%', '%%')}/slurm/%x-%j.jsonl" in "\n".join(made["1"][1])
    assert not (tmp_path / "taken").exists()


def orders(folder):
    return [path.read_bytes().split(b"ORDER")[1].strip(b"'\n") for path in (folder / "slurm").glob("*.job")]


@pytest.mark.parametrize("text", ['{"stage": 1}', "[" * 100_000, ""], ids=["other", "deep", "empty"])
def test_a_file_without_a_stage_is_named(tmp_path, capsys, text):
    (tmp_path / "x.json").write_text(text)
    assert main(["stage", "run", str(tmp_path / "x.json")]) == 2
    assert "x.json holds no stage" in capsys.readouterr().err
