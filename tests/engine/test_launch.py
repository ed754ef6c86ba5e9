"""What launchers say: the first process works, with as many others as they started on this machine."""

import pytest

from xh.cli.main import main
from xh.engine import launch
from xh.spec import UsageError

TORCHRUN = {"RANK": "{0}", "LOCAL_RANK": "{0}", "WORLD_SIZE": "{1}", "LOCAL_WORLD_SIZE": "{1}"}
OPEN_MPI = {
    "OMPI_COMM_WORLD_RANK": "{0}",
    "OMPI_COMM_WORLD_LOCAL_RANK": "{0}",
    "OMPI_COMM_WORLD_SIZE": "{1}",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "{1}",
}
LAUNCHERS = [TORCHRUN, OPEN_MPI]
OTHERS = {"ACCELERATE_MIXED_PRECISION": "fp16", "MASTER_PORT": "29500", "TORCHELASTIC_RUN_ID": "none"}


def start_as(monkeypatch, names, rank, count, **others):
    """Set what a launcher would for one of its processes."""
    for name, text in {**names, **OTHERS, **others}.items():
        monkeypatch.setenv(name, text.format(rank, count))


def test_without_a_launcher_there_is_one_process(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "8")  # others set it too; only launchers number the processes of a machine
    assert (launch.first(), launch.processes()) == (True, 1)


@pytest.mark.parametrize("names", LAUNCHERS)
def test_the_first_of_several_processes_works(monkeypatch, names):
    start_as(monkeypatch, names, 0, 4)
    assert (launch.first(), launch.processes()) == (True, 4)


@pytest.mark.parametrize("names", LAUNCHERS)
def test_the_others_end_at_once_and_say_nothing(monkeypatch, capsys, names):
    start_as(monkeypatch, names, 3, 4)
    assert main(["run", "--inter", "nonsense"]) == 0
    assert capsys.readouterr() == ("", "")


def test_several_machines_are_refused(monkeypatch):
    start_as(monkeypatch, TORCHRUN, 0, 4, WORLD_SIZE="8")
    with pytest.raises(UsageError, match="one machine") as caught:
        launch.processes()
    assert caught.value.why == "The launcher started 4 of 8 processes here."


@pytest.mark.parametrize("names", LAUNCHERS)
def test_the_worker_knows_nothing_of_the_launcher(monkeypatch, names):
    """It would wait for the others to meet it. It does what a single process does, with the threads of all."""
    start_as(monkeypatch, names, 0, 4, OMP_NUM_THREADS="2", HF_HOME="here")
    found = launch.environment()
    assert (found["OMP_NUM_THREADS"], found["HF_HOME"]) == ("8", "here")
    assert not {*names, *OTHERS} & found.keys()
    assert "CUDA_VISIBLE_DEVICES" not in found


def test_the_worker_keeps_docstrings(monkeypatch):
    """transformers reads its own."""
    start_as(monkeypatch, {}, 0, 1, PYTHONOPTIMIZE="2")
    assert "PYTHONOPTIMIZE" not in launch.environment()


def test_on_the_cpu_if_the_launcher_says_so(monkeypatch):
    start_as(monkeypatch, {}, 0, 1, ACCELERATE_USE_CPU="True")
    assert launch.environment()["CUDA_VISIBLE_DEVICES"] == ""
