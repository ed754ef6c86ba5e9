"""A disk that fails: at any open, write, fsync, rename or new folder in the store, and full at any byte.

Whatever fails, the error is one of storage, finished stages stay, ``gc`` leaves nothing, and the next try succeeds. A
seeded sample of the faults by default, all of them with ``XH_ALL_FAULTS=1``.
"""

import builtins
import errno
import gc
import io
import os
import random
import shutil
import sys
from pathlib import Path

import pytest

from xh.cli.main import main
from xh.data.places import Places
from xh.plan import Request, build
from xh.plugins.manager import load
from xh.plugins.registry import Registry
from xh.spec import StorageError
from xh.stage.execute import execute
from xh.store import Store
from xh.store.litter import collect

SAMPLE = 4
CREATED = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@pytest.fixture(scope="module")
def hooks():
    found = Registry(load())
    return found


class Case:
    """A store with a finished first phase; ``make(phase)`` makes the stage of another one."""

    def __init__(self, runs, encoder, hooks):
        request = Request(
            inter=("mnli",), target=("pawsx",), langs=("en",), model=str(encoder), runs=str(runs),
            data=Places("sample"), limit_train=16, limit_eval=4, baseline=False,
            overrides={"mnli": {"epochs": 1}, "pawsx": {"epochs": 2}},
        )  # fmt: skip
        self.plan, self.hooks, self.store = build(request, hooks), hooks, Store.open(runs)
        self.stages = {stage.phase: stage for stage in self.plan.stages.values()}
        self.make("intermediate")

    def make(self, phase):
        execute(self.stages[phase], self.plan.locations, self.hooks, lambda entry: None)

    def check(self, phase):
        """Nothing that was finished is lost, nothing is left over, and it can be made now."""
        done = [stage.id for stage in self.stages.values() if self.store.record(stage.id)]
        assert self.store.verify() == {}
        assert done[0] == self.stages["intermediate"].id
        collect(self.store)
        assert sorted(path.name for path in self.store.stages.iterdir()) == sorted(done)
        assert [*self.store.failed.glob("*"), *self.store.unfinished.glob("*")] == []
        return len(done)


@pytest.fixture
def case(tmp_path, tiny, hooks, monkeypatch):
    monkeypatch.setenv("XH_CHECKPOINT_SECONDS", "0")
    return Case(tmp_path / "runs", tiny, hooks)


class Disk:
    """Counts what is done to files below ``root``; makes the operation of number ``fails`` fail."""

    def __init__(self, root, patched, fails=None):
        self.root, self.fails, self.done = str(root), fails, []
        for module in (builtins, io):
            patched.setattr(module, "open", self.opening(open))
        patched.setattr(os, "open", self.counting("open", os.open, lambda path, flags, *_: flags & CREATED))
        for name in ("mkdir", "rename", "replace"):
            patched.setattr(os, name, self.counting(name, getattr(os, name)))
        patched.setattr(os, "fsync", self.counting("fsync", os.fsync, path=lambda handle: f"/proc/self/fd/{handle}"))

    def counting(self, name, function, concerned=lambda *_: True, path=lambda first: first):
        def call(*arguments, **options):
            if concerned(*arguments) and self.due(name, path(arguments[0])):
                raise OSError(self.number(), "injected", str(arguments[0]))
            return function(*arguments, **options)

        return call

    def opening(self, function):
        """Opening a file to write fails, or else its writes do."""

        def call(file, mode="r", *arguments, **options):
            if set(mode) & set("wax+"):
                if self.due("open", file):
                    raise OSError(self.number(), "injected", str(file))
                if self.due("write", file):
                    return function("/dev/full", mode, *arguments, **options)
            return function(file, mode, *arguments, **options)

        return call

    def due(self, name, path):
        if isinstance(path, int) or not os.path.realpath(path).startswith(self.root):
            return False
        self.done.append(f"{name} {Path(path).name}")
        return len(self.done) - 1 == self.fails

    def number(self):
        return errno.ENOSPC if self.fails % 2 else errno.EIO


@pytest.mark.parametrize("phase", ["target", "evaluate"])
def test_whatever_operation_fails_nothing_is_lost(case, monkeypatch, phase, tally):
    if phase == "evaluate":
        case.make("target")
    before, copy = list(case.store.records()), case.store.root.with_name("copy")
    shutil.copytree(case.store.root, copy)
    with monkeypatch.context() as patched:
        disk = Disk(case.store.root, patched)
        case.make(phase)
    everything = range(len(disk.done))
    for number in everything if tally.all else random.Random(phase).sample(everything, SAMPLE):
        shutil.rmtree(case.store.root)
        shutil.copytree(copy, case.store.root)
        what = disk.done[number]
        with monkeypatch.context() as patched:
            Disk(case.store.root, patched, number)
            try:
                case.make(phase)
                tolerated = True
            except StorageError as error:
                assert error.todo, what
                tolerated = False
        assert case.check(phase) >= len(before), what
        case.make(phase)
        tally.add("faults injected")
        tally.add("faults tolerated", tolerated)


def test_whatever_operation_of_the_main_process_fails_it_says_so(tmp_path, monkeypatch, capsys, tally):
    behaviour = tmp_path / "behaviour.json"
    behaviour.write_text('{"evaluate none bucc": "fail"}')
    pretender = Path(__file__).parents[1] / "engine" / "pretender.py"
    monkeypatch.setattr("xh.engine.pool.COMMAND", (sys.executable, str(pretender), str(behaviour)))
    number, operations = 0, 1
    while number < operations:
        runs = tmp_path / f"runs-{number}"
        with monkeypatch.context() as patched:
            disk = Disk(runs, patched, number - 1)
            code = main(["run", "--target", "bucc", "--langs", "de", "--runs", str(runs)])
        said = capsys.readouterr().err
        told = list(runs.glob("failed/*/error.txt"))
        assert (code, bool(told)) in ([(1, True), (5, False)] if number else [(1, True)]), said
        assert "bug" not in said
        number, operations = number + 1, max(operations, len(disk.done))
        tally.add("faults injected", number > 1)


def test_a_disk_that_is_full_at_any_byte_loses_nothing(tmpfs, tiny, hooks, tally, monkeypatch):
    monkeypatch.setenv("XH_CHECKPOINT_SECONDS", "0")
    disk = tmpfs.mount("64m")
    case = Case(disk / "runs", tiny, hooks)
    need = 9_000_000
    count = 25 if tally.all else SAMPLE
    for number in range(count):
        room = random.Random(number).randrange(need)
        gc.collect()  # mapped weights hold their files' room
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
        with (disk / "ballast").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free - room)
        try:
            case.make("target")
        except StorageError as error:
            assert "No space left" in error.what
        (disk / "ballast").unlink()
        case.check("target")
        shutil.rmtree(case.store.folder(case.stages["target"].id), ignore_errors=True)
        tally.add("disks full")
