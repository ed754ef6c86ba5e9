"""A store that xh made before its rooms were rebuilt (commit 9b95f47): the same report, and nothing left to run."""

import tarfile
from pathlib import Path

import pytest

from xh.cli.main import main

HERE = Path(__file__).parent
REQUEST = (
    "--inter mnli,squad+mlm --target xnli,tatoeba,xquad,udpos --seeds 1-2 --profile mini --langs de,fr "
    "--limit-eval 30 --limit-train 48 --keep none"
)
TRAINED = ("mnli", "squad+mlm", "xnli", "xquad", "udpos")
"""These were set to one epoch."""


@pytest.fixture
def before(tmp_path):
    with tarfile.open(HERE / "before_rooms.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "runs"


def test_its_report_is_what_it_was(before, capsys):
    assert main(["report", "--runs", str(before)]) == 0
    assert capsys.readouterr().out == (HERE / "before_rooms.txt").read_text("utf-8")


def test_nothing_is_left_to_run(before, capsys):
    settings = [f"--set={name}.epochs=1" for name in TRAINED]
    assert main(["run", *REQUEST.split(), *settings, "--runs", str(before)]) == 0
    assert "0 stages run, 45 already in" in capsys.readouterr().err
