"""What the engine dask decides, with workers that only stand in for Dask's (test_dask_faults.py has real ones)."""

from queue import SimpleQueue
from types import SimpleNamespace

import pytest

pytest.importorskip("dask_jobqueue", reason='no Dask: pip install "xh[dask]"')

from xh.engine.listener import descendants
from xh.engine.worker import Order
from xh.plan import Request, build
from xh.plan.engines import engine_settings
from xh.plugins import registry
from xh.spec import StageError, UsageError
from xh_dask import engine
from xh_dask.check import check


class Future:
    def __init__(self, stage, worker):
        self.stage, self.worker, self.status, self.told = stage, worker, "pending", lambda future: None

    def add_done_callback(self, told):
        self.told = told

    def cancel(self):
        self.status = "cancelled"

    def exception(self):
        return ImportError("No module named 'xh'")


class Workers:
    """Workers by address; a task ends as is said of its stage: done, fail, died, gone (with its worker), error."""

    threads = 1

    def __init__(self, addresses, ways):
        self.addresses, self.ways, self.wanted, self.tasks = [*addresses], ways, [], []
        self.client = self

    def alive(self):
        return {address: {"host": "here"} for address in self.addresses}

    def want(self, number, idle, alive):
        self.wanted.append((number, [*idle]))

    def subscribe_topic(self, name, handler):
        self.say = handler

    def unsubscribe_topic(self, name):
        pass

    def submit(self, task, order, name, threads, share, *, key, workers, pure):
        future = Future(Order.of(order).stage, workers[0])
        assert future.worker in self.addresses and not [each for each in self.tasks if each.worker == workers[0]]
        self.tasks.append(future)
        return future

    def go_on(self):
        """The task that was submitted first ends."""
        future = self.tasks.pop(0)
        ways = self.ways.get(future.stage.title, [])
        way = ways.pop(0) if ways else "done"
        if way == "gone":
            self.addresses.remove(future.worker)
            self.addresses.append(f"{future.worker}'")
        elif way == "error":
            future.status = "error"
            future.told(future)
        else:
            events = {
                "done": {"event": "done", "seconds": 0.5, "cached": False},
                "fail": {"event": "error", "type": "MissingError", "what": "No rows.", "trace": ""},
                "died": {"event": "died", "cause": "signal 9"},
            }
            self.say((0.0, {"stage": future.stage.id, "event": events[way]}))
            future.status = "finished"
            future.told(future)


class Heard:
    def __init__(self, stages):
        self.stages, self.heard, self.lost = stages, [], set()

    def expected(self):
        return {}

    def blocked(self, stage):
        return stage.id in descendants(self.stages, self.lost)

    def started(self, stage):
        self.heard.append(f"started {stage.id}")

    def logged(self, stage, entry):
        self.heard.append(f"log {entry['message']}")

    def finished(self, stage, seconds, cached):
        self.heard.append(f"finished {stage.id}")

    def failed(self, stage, error, trace):
        self.error = error
        self.lost.add(stage.id)
        self.heard.append(f"failed {stage.id}")


@pytest.fixture(scope="module")
def plan():
    """Seven stages: squad → xquad, bucc."""
    request = Request(inter=("squad",), target=("xquad", "bucc"), langs=("de",), engine="dask", jobs="auto")
    return build([request], registry(), {})


def run_with(plan, monkeypatch, workers="ab", **ways):
    """What the listener heard and what became of the workers, by how tasks end."""
    monkeypatch.setattr(engine, "LOOK", 0.0)
    stages = [*plan.stages.values()]
    titles = {"squad": "intermediate squad, seed 1", "bucc": "evaluate bucc"}
    found, heard = Workers(workers, {titles[name]: way for name, way in ways.items()}), Heard(stages)
    made = engine._Run(stages, plan.locations, heard, found)

    class Queue(SimpleNamespace):
        put, empty, queue = None, None, None

        def get(self, timeout):
            if self.empty() and found.tasks:
                found.go_on()
            if self.empty():
                raise engine.Empty
            return self.queue.get()

    queue = SimpleQueue()
    made.said = Queue(put=queue.put, empty=queue.empty, queue=queue)
    made.run()
    return heard, found


def counted(heard, what):
    return sum(text.startswith(what) for text in heard.heard)


def test_each_free_worker_gets_one_stage_and_there_are_as_many_as_stages(plan, monkeypatch):
    heard, workers = run_with(plan, monkeypatch)
    assert (counted(heard, "started"), counted(heard, "finished")) == (7, 7)
    assert workers.wanted[0] == (3, [])  # three stages wait for nothing
    assert workers.wanted[-1][0] == 2  # which are there


@pytest.mark.parametrize("way", ["gone", "died"])
def test_a_lost_stage_is_tried_again_and_fails_the_third_time(plan, monkeypatch, way):
    heard, _ = run_with(plan, monkeypatch, squad=[way, way])
    assert (counted(heard, "finished"), counted(heard, "log"), counted(heard, "started")) == (7, 2, 7)
    heard, _ = run_with(plan, monkeypatch, squad=[way] * 3)
    assert (counted(heard, "finished"), counted(heard, "failed")) == (3, 1)
    assert "lost 3 times" in heard.error.what


def test_a_loss_after_much_work_does_not_count(plan, monkeypatch):
    monkeypatch.setattr(engine, "PROGRESS", -1.0)
    heard, _ = run_with(plan, monkeypatch, squad=["gone"] * 5)
    assert counted(heard, "finished") == 7


def test_what_fails_costs_what_starts_from_it(plan, monkeypatch):
    heard, _ = run_with(plan, monkeypatch, squad=["fail"])
    assert (counted(heard, "finished"), counted(heard, "failed")) == (3, 1)


def test_a_node_without_xh_is_told(plan, monkeypatch):
    heard, _ = run_with(plan, monkeypatch, workers="a", bucc=["error"])
    assert isinstance(heard.error, StageError)
    assert "ImportError: No module named 'xh'" in heard.error.what


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cluster": "SlurmCluster"}, "SLURMCluster"),
        ({"cluster": "local", "arguments": {"cores": 1}}, "takes no arguments"),
        ({"cluster": "tls://127.0.0.1:1"}, "Nothing answers"),
        ({"cluster": "tls://a:1", "tls": {"ca": "x"}}, "ca, cert, key"),
        ({"cluster": "tls://a:1", "tls": dict.fromkeys(("ca", "cert", "key"), "nowhere.pem")}, "nowhere.pem"),
    ],
)
def test_what_it_can_not_do_is_said_before_anything_starts(settings, said):
    request = Request(inter=(), target=(), engine="dask", engine_settings=settings)
    with pytest.raises(UsageError) as caught:
        check(Request(inter=(), target=(), engine="dask", engine_settings=engine_settings(request, registry())))
    assert said in str(caught.value)


def test_without_dask_the_run_says_what_to_install(monkeypatch):
    monkeypatch.setattr("xh_dask.check.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="not installed") as caught:
        check(Request(inter=(), target=(), engine="dask"))
    assert 'pip install "xh[dask]"' in caught.value.todo
