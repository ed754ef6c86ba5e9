"""A record of each run: its command line, without secrets, and what became of it."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import xh
from xh.store import Store

KILLED = """
import os, signal, sys
from xh.store import Store

with Store(sys.argv[1]).runs.run(["xh", "run", "--target", "bucc"]):
    print("running", flush=True)
    sys.stdin.readline()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_run_is_recorded_with_its_end(store):
    with store.runs.run(["xh", "run", "--target", "bucc"]) as under_way:
        (record,) = store.history()
        assert (record.outcome, record.command) == ("running", ("xh", "run", "--target", "bucc"))
        under_way.ended(outcome="failed", done=3, cached=1, failed=("evaluate-bucc-0",))
    (record,) = store.history()
    assert (record.outcome, record.done, record.cached, record.failed) == ("failed", 3, 1, ("evaluate-bucc-0",))
    assert record.version == xh.__version__
    assert (datetime.now(UTC) - datetime.fromisoformat(record.started)).total_seconds() < 60
    assert list(store.locks.glob("run-*")) == []


@pytest.mark.parametrize(("error", "outcome"), [(KeyboardInterrupt(), "interrupted"), (ValueError(), "failed")])
def test_a_run_that_ends_by_an_exception(store, error, outcome):
    with pytest.raises(type(error)), store.runs.run(["xh", "run"]):
        raise error
    assert [record.outcome for record in store.history()] == [outcome]


def test_a_killed_run_is_not_running(store):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(store.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert [record.outcome for record in store.history()] == ["running"]
        process.communicate(b"\n")
    assert [record.outcome for record in store.history()] == ["interrupted"]
    for path in store.locks.glob("run-*"):
        path.unlink()  # as in a copy of a store
    assert [record.outcome for record in store.history()] == ["interrupted"]


def test_the_order_is_that_of_time(store):
    for number in range(3):
        with store.runs.run([str(number)]):
            pass
        (path,) = [path for path in store.runs.folder.iterdir() if path.name[0] != "0"]
        path.rename(path.with_name(f"0{number}.json"))
    assert [record.command for record in store.history()] == [("0",), ("1",), ("2",)]


def test_a_record_that_does_not_parse_is_left_out(store):
    with store.runs.run(["xh"]):
        pass
    (record,) = store.runs.folder.iterdir()
    for number, text in enumerate(["{", "[" * 10**5, record.read_text().replace('"started":"', '"started":"the ')]):
        (store.runs.folder / f"{number}.json").write_text(text)
    os.mkfifo(store.runs.folder / "pipe.json")
    assert len(store.history()) == 1


def test_neither_home_nor_tokens_are_in_a_record(store, monkeypatch):
    home = str(Path.home())
    token = "hf_" + "aB3" * 11
    words = ["xh", "run", "--data", f"{home}/mirror", "--model", f"https://me:{token}@hub/x", "--set", f"a.key={token}"]
    with store.runs.run(words):
        pass
    (text,) = [path.read_text() for path in store.runs.folder.iterdir()]
    assert home not in text and "aB3" not in text
    expected = ["xh", "run", "--data", "~/mirror", "--model", "https://***@hub/x", "--set", "a.key=***"]
    assert json.loads(text)["command"] == expected


def test_the_text_of_a_failure_is_discreet_too(store):
    store.fail("evaluate-demo-0", f"{Path.home()}/x.py raised: token=aB3 is wrong")
    assert (store.failed / "evaluate-demo-0" / "error.txt").read_text() == "~/x.py raised: token=*** is wrong"


def test_a_store_of_which_nobody_kept_records(tmp_path):
    (tmp_path / "stages").mkdir()
    assert Store(tmp_path).history() == []
