"""The engine slurm-jobs, with a Slurm that stands in for the real one (tests/clusters): jobs come, end and are lost."""

import json
from types import SimpleNamespace

import pytest

from xh.engine import slurm
from xh.engine.worker import Order
from xh.spec import UsageError
from xh.store import Store


class Cluster:
    """Jobs that wait for their parents' and do what is said of their stage: done, fail, or be lost so many times."""

    def __init__(self, root):
        self.root, self.jobs, self.ways, self.calls = root, {}, {}, []

    def run(self, words, **options):
        self.calls.append(words)
        return SimpleNamespace(returncode=0, stderr="", stdout=getattr(self, words[0])(words, options.get("input")))

    def sbatch(self, words, script):
        lines = script.splitlines()
        order = Order.of(lines[lines.index("ORDER") - 1].encode())
        number = str(len(self.jobs) + 1)
        after = [word.rpartition(":")[2] for word in words if word.startswith("--dependency")]
        comment = next(word.partition("=")[2] for word in words if word.startswith("--comment"))
        self.jobs[number] = SimpleNamespace(order=order, after=after, state="queued", comment=comment)
        return f"{number}\n"

    def squeue(self, words, _):
        queued = ((number, job) for number, job in self.jobs.items() if job.state == "queued")
        return "".join(f"{number}|{job.comment}|{job.order.stage.id}\n" for number, job in queued)

    def scancel(self, words, _):
        for number in words[1:]:
            self.jobs[number].state = "cancelled"

    def sleep(self, seconds):
        """Time goes on: jobs run, and those behind lost ones are cancelled."""
        for number, job in self.jobs.items():
            before = {self.jobs[each].state for each in job.after}
            if job.state == "queued" and before <= {"done"}:
                self.work(number, job)
            elif job.state == "queued" and before - {"done", "queued"}:
                job.state = "cancelled"

    def work(self, number, job):
        ways = self.ways.get(job.order.stage.title, [])
        way = ways.pop(0) if ways else "done"
        if way == "interrupt":
            raise KeyboardInterrupt
        job.state = way
        if way != "lost unheard":
            self.say(number, job, {"event": "log", "entry": {"message": "working"}})
        if way == "done":
            store, stage = Store(self.root), job.order.stage
            with store.lock(stage.id), store.work(stage) as folder:
                store.commit(stage, folder, {}, {}, 0.0)
            self.say(number, job, {"event": "done", "cached": False, "seconds": 0.5})
        if way == "fail":
            self.say(number, job, {"event": "error", "type": "MissingError", "what": "No rows.", "trace": ""})

    def say(self, number, job, event):
        with (self.root / "slurm" / f"{job.order.stage.id}-{number}.jsonl").open("a") as file:
            file.write(json.dumps(event) + "\n")


@pytest.fixture
def cluster(runs, monkeypatch):
    made = Cluster(runs)
    monkeypatch.setattr(slurm, "LAG", 0.0)
    monkeypatch.setattr(slurm, "subprocess", SimpleNamespace(run=made.run))
    monkeypatch.setattr(slurm.time, "sleep", made.sleep)
    monkeypatch.setattr(slurm.shutil, "which", lambda name: name)
    return made


def run_jobs(cluster, pretend, listening, *ways, **options):
    """Run squad → bucc, three stages, the jobs of squad doing what is said."""
    cluster.ways = {NAMES[1]: [*ways]}
    return pretend({}, listening, target=("bucc",), engine="slurm-jobs", **{"jobs": "auto"} | options)


NAMES = ("evaluate bucc", "intermediate squad, seed 1", "evaluate bucc after squad")


def titles(cluster):
    return [job.order.stage.title for job in cluster.jobs.values()]


def test_every_stage_has_a_job_and_is_heard(pretend, cluster, listening):
    outcome = run_jobs(cluster, pretend, listening)
    assert len(outcome.done) == 3 and not outcome.failed
    assert {*titles(cluster)} == {*NAMES}
    assert [text for text in listening.heard if text.startswith("log")] == ["log working"] * 3
    assert (cluster.jobs["3"].after, cluster.jobs["1"].after) == (["2"], [])


def test_so_many_jobs_are_in_the_queue_as_jobs_says(pretend, listening, cluster):
    run_jobs(cluster, pretend, listening, jobs=1)
    assert [job.after for job in cluster.jobs.values()] == [[], [], []]
    assert titles(cluster) == [*NAMES]


def test_a_training_has_several_gpus(pretend, listening, cluster):
    with pytest.raises(UsageError, match="ask for as many"):
        run_jobs(cluster, pretend, listening, gpus_per_stage=2)
    run_jobs(cluster, pretend, listening, gpus_per_stage=2, engine_settings={"options": ["--gres=gpu:{gpus}"]})
    asked = [words[-1] for words in cluster.calls if words[0] == "sbatch" and "--kill-on-invalid-dep=yes" not in words]
    assert asked == ["--gres=gpu:1", "--gres=gpu:2"]


def test_a_failed_stage_costs_only_what_starts_from_it(pretend, cluster, listening):
    outcome = run_jobs(cluster, pretend, listening, "fail")
    assert len(outcome.done) == 1 and len(outcome.failed) == 1 and len(outcome.skipped) == 1
    assert "error intermediate squad: No rows." in listening.heard
    assert len(cluster.jobs) == 3


def test_a_lost_job_is_submitted_again_and_those_behind_it(pretend, cluster, listening):
    outcome = run_jobs(cluster, pretend, listening, "lost", "lost")
    assert len(outcome.done) == 3 and not outcome.failed
    assert titles(cluster).count(NAMES[1]) == 3
    assert [text for text in listening.heard if "was lost" in text] == [
        "log job 2 was lost; another one tries again",
        "log job 4 was lost; another one tries again",
    ]
    assert len([text for text in listening.heard if text.startswith("start")]) == 3


@pytest.mark.parametrize("way", ["lost", "lost unheard"])
def test_a_stage_whose_jobs_are_lost_again_and_again_fails(cluster, pretend, listening, way):
    outcome = run_jobs(cluster, pretend, listening, way, way, way)
    ((_, error),) = outcome.failed.items()
    assert "lost 3 times" in error.what and ".log" in error.todo
    assert len(outcome.done) == 1 and len(outcome.skipped) == 1


def test_ctrl_c_cancels_the_jobs_and_another_command_makes_the_rest(pretend, listening, cluster):
    outcome = run_jobs(cluster, pretend, listening, "interrupt")
    assert outcome.interrupted
    assert not [job for job in cluster.jobs.values() if job.state == "queued"]
    assert len(run_jobs(cluster, pretend, listening).done) == 2


def test_jobs_of_a_command_that_was_killed_are_followed(pretend, listening, cluster, monkeypatch):
    class Killed(BaseException):
        pass

    def killed(seconds):
        cluster.scancel = lambda words, _: None
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(slurm.time, "sleep", killed)
        with pytest.raises(Killed):
            run_jobs(cluster, pretend, listening)
    assert len(run_jobs(cluster, pretend, listening).done) == 3
    assert len(cluster.jobs) == 3


def test_what_slurm_says_of_wrong_options_is_shown_and_nothing_stays(pretend, listening, cluster, monkeypatch):
    cluster.sbatch = None
    answer = SimpleNamespace(returncode=1, stderr="sbatch: error: invalid partition specified: gpu\n", stdout="")
    monkeypatch.setattr(cluster, "run", lambda words, **_: answer)
    monkeypatch.setattr(slurm, "subprocess", SimpleNamespace(run=cluster.run))
    with pytest.raises(slurm.StageError, match="did not take") as caught:
        run_jobs(cluster, pretend, listening)
    assert "invalid partition" in caught.value.why


def test_without_slurm_the_run_ends_before_it_starts(pretend, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="needs sbatch"):
        pretend({}, engine="slurm-jobs")
