"""The demo's plan on a real Slurm with two GPUs that are none: the rows are the local run's, whatever happens to jobs.

Each of these runs takes minutes: they are part of the optional suite.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from helpers.processes import until

XH = str(Path(sys.executable).with_name("xh"))
DEMO = ("--inter", "squad", "--target", "bucc")
CLUSTER = Path(__file__).with_name("slurm.sh")
OPTIONS = 'options=["--gres=gpu:1"]'
TOML = """
[engines.dask]
cluster = "SLURMCluster"

[engines.dask.arguments]
cores = 1
memory = "1GB"
walltime = "01:00:00"
interface = "lo"
job_extra_directives = ["--gres=gpu:1"]
"""


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A Slurm that is ready; skipped where none can be had."""
    if not os.environ.get("XH_CLUSTER"):
        pytest.skip("part of the optional suite: XH_CLUSTER=1")
    if os.geteuid() or not (shutil.which("slurmctld") or shutil.which("apt-get")):
        pytest.skip("no Slurm here, and none can be installed: that takes root and Debian's apt-get")
    folder = tmp_path_factory.mktemp("slurm")
    done = subprocess.run([CLUSTER, "start", folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"Slurm could not be started: {done.stderr.strip()}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield folder
        subprocess.run(["scancel", "--user=root"])
        subprocess.run([CLUSTER, "stop", folder], check=True)


@pytest.fixture(scope="module")
def local(slurm, tmp_path_factory):
    """The rows of the local run."""
    folder = tmp_path_factory.mktemp("local")
    return rows(subprocess.run([XH, "run", *DEMO, "--json"], cwd=folder, check=True, capture_output=True).stdout)


def rows(text):
    return json.loads(text)["rows"]


@pytest.fixture
def place(slurm, tmp_path, monkeypatch):
    """The folder of a run; when it is over nothing of it is left in the queue or among the processes."""
    (tmp_path / "tasks.toml").write_text(TOML)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    until(lambda: not queue())
    until(lambda: not mine(tmp_path), 20)


def mine(folder):
    """The processes of jobs, and of their workers."""
    found = []
    for each in psutil.process_iter(["cmdline", "cwd"]):
        line = " ".join(each.info["cmdline"] or ())
        if each.info["cwd"] == str(folder) and ("stage run" in line or "dask_worker" in line or "xh.engine" in line):
            found.append(each)
    return found


def queue():
    """By job number its name and state."""
    found = subprocess.run(["squeue", "-h", "-o", "%A %T %j"], capture_output=True, text=True, check=True).stdout
    return {number: (name, state) for number, state, name in map(str.split, found.splitlines())}


def begun(name, state="RUNNING"):
    """The number of a job that runs, of a stage or worker whose name begins so."""
    return next((number for number, (job, now) in queue().items() if job.startswith(name) and now == state), None)


def start(*words):
    command = [XH, "run", *DEMO, "--json", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def training(folder):
    """The process that trains, once it does."""
    until(lambda: working(folder))
    time.sleep(5)
    return working(folder)


def working(folder):
    """The process that has a training's folder and its log."""
    for path in folder.glob("runs/stages/.work-intermediate*/log.jsonl"):
        pid = int(path.parent.name.rpartition("~")[2].rsplit("-", 2)[1])
        if psutil.pid_exists(pid):
            return psutil.Process(pid)
    return None


def finish(process, local):
    out, said = process.communicate(timeout=590)
    assert process.returncode == 0, said
    assert rows(out) == local
    return said


def test_jobs_of_dask_one_killed_and_one_cancelled(place, local):
    process = start("--engine", "dask", "--jobs", "2")
    training(place).parent().kill()
    until(lambda: not working(place))
    again = training(place)
    number = again.environ()["SLURM_JOB_ID"]
    subprocess.run(["scancel", number], check=True)
    assert finish(process, local).count("its worker is gone; another one tries again") == 2


def test_a_job_for_each_stage_one_killed_and_one_cancelled(place, local):
    process = start("--engine", "slurm-jobs", "--jobs", "auto", "--engine-set", OPTIONS)
    training(place).kill()
    until(lambda: not begun("intermediate"))
    until(lambda: begun("intermediate"), 120)
    training(place)
    subprocess.run(["scancel", begun("intermediate")], check=True)
    said = finish(process, local)
    assert said.count("was lost; another one tries again") == 2


def test_a_script_that_is_run_again_for_what_was_lost(place, local):
    words = [XH, "plan", *DEMO, "--engine-set", OPTIONS, "--format", "sbatch"]
    (place / "jobs.sh").write_text(subprocess.run(words, check=True, capture_output=True, text=True).stdout)

    def submit():
        return len(subprocess.run(["bash", "jobs.sh"], check=True, capture_output=True).stdout.splitlines())

    assert (submit(), submit()) == (3, 0)
    training(place).kill()
    until(lambda: not queue())
    assert submit() == 2  # the training, and what was cancelled as it waited for that
    training(place)
    subprocess.run(["scancel", begun("intermediate")], check=True)
    until(lambda: not queue())
    assert submit() == 2
    until(lambda: not queue())
    assert submit() == 0
    done = subprocess.run([XH, "run", *DEMO, "--json"], check=True, capture_output=True, text=True)
    assert "0 stages run" in done.stderr
    assert rows(done.stdout) == local


def test_a_job_whose_time_is_up_is_queued_again(place, local):
    process = start("--engine", "slurm-jobs", "--jobs", "auto", "--engine-set", OPTIONS)
    training(place)
    number = begun("intermediate")
    subprocess.run(["scancel", "--signal=USR1", "--batch", number], check=True)
    until(lambda: begun("intermediate", "PENDING") == number)
    assert not [*place.glob("runs/stages/.work-intermediate*")]
    subprocess.run(["scontrol", "update", f"JobId={number}", "StartTime=now"], check=True)
    said = finish(process, local)
    assert "was lost" not in said


def test_a_job_without_its_parent_says_so_and_makes_nothing(place):
    words = [XH, "plan", *DEMO, "--engine-set", OPTIONS, "--no-baseline", "--format", "sbatch"]
    script = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    parent, child = (re.search(rf"there ({phase}\S+)", script) for phase in ("intermediate", "evaluate"))
    (place / "jobs.sh").write_text(f"{script[: parent.start()]}jobs[{parent[1]}]=99999\n{script[child.start() :]}")
    subprocess.run(["bash", "jobs.sh"], check=True, capture_output=True)
    until(lambda: not queue(), 120)
    (said,) = place.glob("runs/slurm/*.jsonl")
    last = json.loads(said.read_text().splitlines()[-1])
    assert last["what"] == "The parent stage is no longer in the store."
    assert not [*place.glob("runs/stages/*")]


def test_jobs_of_a_killed_command_go_on_and_the_same_command_follows_them(place, local):
    words = ("--engine", "slurm-jobs", "--jobs", "auto", "--engine-set", OPTIONS)
    first = start(*words)
    until(lambda: begun("intermediate"), 120)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    before = {*queue()}
    second = start(*words)
    finish(second, local)
    assert before and not {*queue()}
    assert len([*place.glob("runs/slurm/*.jsonl")]) == 3  # no job was submitted twice
