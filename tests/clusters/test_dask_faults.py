"""Workers and clients of Dask that are killed and stopped, what is open to the network, and to whom."""

import os
import re
import signal
import subprocess
import sys

import psutil
import pytest

from helpers.processes import tree, until
from xh.store import Store

HANG = {"intermediate squad": "hang once"}
ALL = 7
CERT = "cert.pem"


def working(process, name="multiprocessing.spawn"):
    """The Dask workers of a run that have a process at work."""
    found = [each for each in tree(process.pid) if name in " ".join(each.cmdline())]
    return [each for each in found if any("pretender" in " ".join(child.cmdline()) for child in each.children())]


def hanging(runs, process):
    """The Dask worker that makes the hanging stage, when all that needs not wait for it is done."""
    until(lambda: runs.made() == 3 and [*runs.folder.glob("runs/stages/.work-intermediate*")])
    (work,) = runs.folder.glob("runs/stages/.work-intermediate*")
    pid = work.name.rpartition("~")[2].rsplit("-", 2)[1]
    return next(each for each in working(process) if int(pid) in {child.pid for child in each.children()})


def test_a_killed_worker_costs_its_stage_one_try(runs):
    process = runs.start(HANG)
    worker = hanging(runs, process)
    (child,) = worker.children()
    worker.kill()
    _, said = process.communicate(timeout=60)
    assert "its worker is gone; another one tries again" in said
    assert runs.made() == ALL
    assert not child.is_running()
    assert not tree(process.pid)


def test_a_stopped_worker_is_given_up_after_a_minute(runs):
    process = runs.start(HANG)
    worker = hanging(runs, process)
    worker.send_signal(signal.SIGSTOP)
    _, said = process.communicate(timeout=240)
    assert "its worker is gone" in said
    assert runs.made() == ALL
    assert not worker.is_running()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_all_and_the_same_command_goes_on(runs, number):
    process = runs.start(HANG)
    hanging(runs, process)
    everything = tree(process.pid)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert [run.outcome for run in Store(runs.folder / "runs").history()] == ["interrupted"]
    _, alive = psutil.wait_procs(everything, 5)
    assert not alive
    assert not [*runs.folder.glob("runs/stages/.work*")]
    again = runs.start({})
    again.communicate(timeout=60)
    assert runs.made() == ALL


def test_nothing_outlives_a_killed_client(runs):
    process = runs.start(HANG)
    hanging(runs, process)
    everything = tree(process.pid)
    process.kill()
    _, alive = psutil.wait_procs(everything, 20)
    assert not alive
    runs.start({}).communicate(timeout=60)
    assert runs.made() == ALL


def test_the_same_command_makes_all_while_a_client_is_stopped(runs):
    stopped = runs.start({"intermediate squad": "meet"}, jobs=1)
    until(lambda: [*runs.folder.glob("runs/met/*")])
    stopped.send_signal(signal.SIGSTOP)
    again = runs.start({"evaluate none bucc": "meet"})  # which is when the stopped one's worker is done
    again.communicate(timeout=60)
    assert runs.made() == ALL
    stopped.send_signal(signal.SIGCONT)
    stopped.communicate(timeout=60)
    assert runs.made() == ALL


def test_nothing_listens_beyond_loopback_and_nothing_serves_http(runs):
    process = runs.start(HANG)
    hanging(runs, process)
    found = [each for one in tree(process.pid) for each in one.net_connections("inet")]
    assert found and all(each.laddr.ip in ("127.0.0.1", "::1") for each in found)
    ports = {each.laddr.port for each in found if each.status == psutil.CONN_LISTEN}
    assert len(ports) == 1 + 2 * 2  # the scheduler, and each worker with its nanny
    for port in ports:
        words = ["curl", "--silent", "--show-error", "--max-time", "5", f"http://127.0.0.1:{port}/"]
        assert subprocess.run(words, capture_output=True).returncode


def test_who_has_no_certificate_of_the_run_is_refused(runs):
    from distributed import Client, Security

    process = runs.start(HANG)
    hanging(runs, process)
    log = next(runs.folder.glob("runs/dask-*/dask.log")).read_text()
    (address,) = {*re.findall(r"Scheduler at: +(tls://\S+)", log)}
    for security in (Security.temporary(), None):
        with pytest.raises((OSError, TypeError, ValueError, RuntimeError)):
            Client(address, security=security, timeout=5)
    assert process.poll() is None


@pytest.fixture
def scheduler(runs, monkeypatch):
    """A scheduler with a worker, started by somebody else; returns settings of an engine that knows its key."""
    folder = runs.folder
    words = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=xh"
    subprocess.run(words.split(), cwd=folder, check=True, capture_output=True)
    tls = [f"--tls-{name}={folder / file}" for name, file in (("ca-file", CERT), ("cert", CERT), ("key", "key.pem"))]
    log = (folder / "scheduler.log").open("w")
    more = {"cwd": folder, "stdout": log, "stderr": log, "env": os.environ | runs.pretend({})}
    command = [sys.executable, "-P", "-m"]
    quiet = ["--host=127.0.0.1", "--protocol=tls", "--no-dashboard", *tls]
    first = subprocess.Popen([*command, "distributed.cli.dask_scheduler", "--port=0", *quiet], **more)
    until(lambda: "Scheduler at" in (folder / "scheduler.log").read_text())
    address = re.findall(r"Scheduler at: +(tls://\S+)", (folder / "scheduler.log").read_text())[0]
    second = subprocess.Popen([*command, "distributed.cli.dask_worker", address, "--nthreads=4", *quiet], **more)
    files = {"ca": CERT, "cert": CERT, "key": "key.pem"}
    yield [f"cluster={address}", *(f"tls.{name}={folder / file}" for name, file in files.items())]
    for process in (second, first):
        process.terminate()
        process.wait(30)


def test_a_scheduler_that_is_there_makes_one_stage_at_a_time_and_stays(runs, scheduler):
    words = [word for setting in scheduler for word in ("--engine-set", setting)]
    process = runs.start({}, *words, jobs=4)
    process.communicate(timeout=60)
    assert runs.made() == ALL
    assert len((runs.folder / "runs/pids").read_text().split()) == 1
    runs.start({}, *words, "--seeds", "2").communicate(timeout=60)
    assert runs.made() > ALL
