"""Whoever may write the folder of a store may write all of it, whatever the umask of those who made it."""

import os
import stat

import pytest

from helpers.made_stages import make_stage
from xh.store import Store
from xh.store.files import appended


@pytest.fixture
def umask():
    """Set the umask for the rest of a test."""
    before = os.umask(0)
    os.umask(before)
    yield os.umask
    os.umask(before)


def fill(store):
    """Make one of each thing that a store has."""
    stage = make_stage()
    with store.lock(stage.id), store.checkpoints(make_stage(2).id, {}) as checkpoints, store.work(stage) as folder:
        for name in ("model/weights", "predictions/demo/test-de.tsv", "scores.json"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("{}")
        (folder / "scores.json").chmod(0o600)
        (checkpoints.folder / "checkpoint-1").mkdir(parents=True)
        (checkpoints.folder / "checkpoint-1" / "state.json").write_text("{}")
        checkpoints.seal("checkpoint-1")
        checks = modes(store.root)
        store.commit(stage, folder, {}, {}, 0.0)
    store.fail(make_stage(3).id, "no memory")
    with appended(store.root / "worker.log") as log:
        log.write(b"noise")
    with store.runs.run(["xh", "run"]):
        pass
    return checks | modes(store.root)


def modes(root):
    return {str(path.relative_to(root)): stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")}


def checked(found, folders, files):
    """All that there is, but the inside of a work folder that is still in use."""
    assert {"store.json", "checkpoints", "failed", "locks/.writable", "history", "worker.log"} <= found.keys()
    assert any("checkpoint-1/state.json" in name for name in found)
    there = {name: mode for name, mode in found.items() if ".work-" not in name or name.count("/") == 1}
    wrong = {name: oct(mode) for name, mode in there.items() if mode not in (folders, files)}
    assert wrong == {}
    assert {oct(mode) for mode in there.values()} == {oct(folders), oct(files)}


@pytest.mark.parametrize(
    ("mask", "folders", "files"), [(0o077, 0o700, 0o600), (0o022, 0o755, 0o644), (0, 0o775, 0o664)]
)
def test_a_new_store_is_what_the_umask_makes_of_its_folder_and_never_for_everybody_to_write(
    tmp_path, umask, mask, folders, files
):
    umask(mask)
    store = Store.open(tmp_path / "runs")
    assert stat.S_IMODE(store.root.stat().st_mode) == folders
    checked(fill(store), folders, files)


@pytest.mark.parametrize("mask", [0o077, 0o022, 0])
def test_a_store_in_a_groups_folder_is_the_groups(tmp_path, umask, mask):
    root = tmp_path / "runs"
    root.mkdir()
    root.chmod(0o2770)
    umask(mask)
    checked(fill(Store.open(root)), 0o2770, 0o660)


def test_a_folder_that_everybody_may_write_does_not_spread(tmp_path, umask):
    root = tmp_path / "runs"
    root.mkdir()
    root.chmod(0o777)
    umask(0o077)
    checked(fill(Store.open(root)), 0o775, 0o664)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_member_of_the_group_goes_on(tmp_path, umask):
    """One with a umask of 077 makes a store in the group's folder; another takes its locks and adds to it."""
    root = tmp_path / "runs"
    root.mkdir()
    os.chown(root, -1, 4321)
    root.chmod(0o2770)
    umask(0o077)
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == 0 and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    for user in (1001, 1002):
        child = os.fork()
        if not child:
            try:
                os.setgroups([])
                os.setgid(4321)
                os.setuid(user)
                store = Store.open(root)
                stage = make_stage(user)
                with store.lock(make_stage(0).id), store.lock(stage.id), store.work(stage) as folder:
                    store.commit(stage, folder, {}, {}, 0.0)
            except BaseException:
                os._exit(1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(Store(root).ids()) == 2
