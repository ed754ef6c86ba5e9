"""Standard streams that are closed, full or no longer read; names that are no text."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("xh")
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


def run_line(tmp_path, line: str):
    """Run a line of bash in which ``xh`` is the installed command."""
    text = f'set -o pipefail; xh() {{ {SCRIPT} "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", text], capture_output=True, text=True, cwd=tmp_path, timeout=600)


@pytest.mark.parametrize("command", ["list-tasks", "plan --target bucc", "plan --target bucc --json", "nope"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(tmp_path, command, closed):
    done = run_line(tmp_path, f"xh {command} {closed}")
    assert done.returncode == (2 if command == "nope" else 0)
    assert "bug" not in done.stderr and "Traceback" not in done.stderr
    assert bool(done.stdout) == (">&-" not in closed.replace("2>&-", "") and command != "nope")


def test_a_run_with_closed_streams_makes_its_stages(tmp_path):
    done = run_line(tmp_path, "xh run --target tatoeba --langs de --limit-eval 4 <&- >&- 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list((tmp_path / "runs/stages").glob("evaluate-tatoeba-*/stage.json"))


@FULL
@pytest.mark.parametrize("command", ["list-tasks", "plan --target bucc", "plan --target bucc --json", "--help"])
def test_a_full_standard_output_is_an_error(tmp_path, command):
    done = run_line(tmp_path, f"xh {command} > /dev/full")
    assert done.returncode == 5
    assert done.stderr.startswith("Error: Standard output can't be written.\n") and "No space left" in done.stderr
    assert "Exception ignored" not in done.stderr


@FULL
def test_where_an_error_can_not_be_said_the_exit_code_stays(tmp_path):
    assert run_line(tmp_path, "xh plan --target nope 2> /dev/full").returncode == 3
    assert run_line(tmp_path, "xh nope > /dev/full 2>&1").returncode == 2


def test_nobody_reads_any_more(tmp_path):
    done = run_line(tmp_path, "xh show squad | true")
    assert (done.returncode, done.stdout, done.stderr) == (141, "", "")


def test_output_that_the_terminals_encoding_has_not_is_escaped(tmp_path):
    env = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([SCRIPT, "plan", "--target", "bucc"], capture_output=True, env=env, cwd=tmp_path, timeout=600)
    assert done.returncode == 0, done.stderr
    assert rb"none \u2192 bucc" in done.stdout


def test_a_data_folder_whose_name_is_no_text(tmp_path, xh):
    folder = tmp_path / os.fsdecode(b"a\xff")
    folder.mkdir()
    answer = xh("plan", "--target", "bucc", "--data", str(folder))
    assert answer.code == 6
    assert "udcff/bucc2018" in answer.err


@pytest.mark.parametrize("option", ["--model", "--runs", "HF_HOME"])
def test_folders_whose_name_libraries_do_not_take_are_refused_before_the_start(tmp_path, xh, monkeypatch, option):
    folder = tmp_path / os.fsdecode(b"a\xff")
    folder.mkdir()
    monkeypatch.setenv("HF_HOME", str(folder if option == "HF_HOME" else tmp_path))
    words = [] if option == "HF_HOME" else [option, str(folder)]
    for command in ("plan", "run"):
        answer = xh(command, "--target", "bucc", *words)
        assert (answer.code, answer.out) == (2, "")
        assert f"Error: {option}" in answer.err and "is not UTF-8" in answer.err and "Rename" in answer.err


@pytest.mark.parametrize("words", [["--model", "x" * 300], ["--runs", "x" * 300], ["--data", "x" * 300]])
def test_names_that_are_too_long_are_no_bug(xh, words):
    answer = xh("plan", "--target", "bucc", *words)
    assert "bug" not in answer.err and answer.err.startswith("Error: " if "--model" not in words else "Warning: ")
