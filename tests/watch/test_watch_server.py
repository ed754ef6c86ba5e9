"""The server: for whoever knows the address, on this machine, and reading only."""

import threading
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from helpers.underway import BEGAN, TRAINING, under_way
from xh.cli.main import main
from xh.spec import StorageError
from xh.watch.server import HEADERS, Server, Watched


class Servers:
    """Serve a store, as often as they are asked to."""

    def __init__(self, store):
        self.store, self.started = store, []

    def start(self):
        server = Server(Watched(self.store, clock=lambda: BEGAN + 60, share=0))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.started.append(server)
        return server

    def end(self):
        for server in self.started:
            server.shutdown()
            server.server_close()


@pytest.fixture
def servers(store):
    found = Servers(store)
    yield found
    found.end()


def got(address, method="GET"):
    try:
        with urlopen(Request(address, method=method)) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def test_the_page_and_its_section_are_served_with_strict_headers(servers, store):
    with under_way(store) as run:
        run.plan()
        server = servers.start()
        for name, beginning in (("", "<!doctype html>"), ("live", '<section id="live"'), ("?x=1", "<!doctype")):
            status, text, headers = got(server.address + name)
            assert (status, text[: len(beginning)]) == (200, beginning)
            assert HEADERS.items() <= headers.items()
            assert "Python" not in headers["Server"]


def test_without_the_token_nothing_is_told(servers, store):
    with under_way(store) as run:
        run.plan()
        server = servers.start()
        origin = server.address.removesuffix(f"{server.token}/")
        for path in ("", "live", f"{server.token[:-1]}/", f"{server.token}x/", "%C3%A9/", "%00/"):
            status, text, _ = got(origin + path)
            assert status == 403 and "stages" not in text, path
        assert got(server.address + "../stages")[0] == 404
        assert got(server.address, "POST")[0] == 501
        assert server.server_address[0] == "127.0.0.1"
        assert servers.start().token != server.token


def test_watching_leaves_no_trace_in_the_store(servers, store):
    with under_way(store) as run:
        run.plan()
        run.tell("began", BEGAN, TRAINING)
        run.log(TRAINING, {"step": 10, "steps": 40, "loss": 2.5})

        def files():
            return {path: path.stat().st_mtime_ns for path in store.root.rglob("*")}

        before = files()
        server = servers.start()
        assert got(server.address)[0] == got(f"{server.address}live")[0] == 200
        assert files() == before


def test_new_results_have_another_version_and_the_next_watcher_says_the_same(servers, store):
    with under_way(store) as run:
        run.plan()
        first, second = servers.start(), servers.start()
        _, old, _ = got(f"{first.address}live")
        store.folder(TRAINING).mkdir()
        _, new, _ = got(f"{first.address}live")
        assert old != new
        assert got(f"{second.address}live")[1] == new


def test_a_run_under_way_is_left_its_processor_and_after_its_end_all_is_new(store):
    watched = Watched(store, clock=lambda: BEGAN + 60, share=1e9)
    with under_way(store) as run:
        run.plan()
        watched.page()
        watched.page()
        old = watched.version
        store.folder(TRAINING).mkdir()
        run.tell("began", BEGAN, TRAINING)
        text = watched.section()
        assert "▶ running" in text and watched.version == old
        run.log(TRAINING, {"step": 10, "steps": 40, "loss": 2.5})
        assert watched.section() == text
    watched.text_due = 0.0
    assert watched.section() != text and watched.version != old


def test_a_store_that_cannot_be_read_ends_nothing(servers, monkeypatch):
    def unreadable(store, *_, **__):
        raise StorageError("<b>scores.json</b> can't be read.")

    server = servers.start()
    monkeypatch.setattr("xh.watch.server.page", unreadable)
    status, text, _ = got(server.address)
    assert status == 503 and "scores.json" in text and "<b>" not in text
    assert got(f"{server.address}live")[0] == 200


def test_a_port_that_is_taken_is_said(servers, store, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    port = servers.start().server_address[1]
    monkeypatch.setattr("xh.cli.watch.nice", lambda: None)
    assert main(["watch", "--port", str(port)]) == 2
    assert f"Port {port} can't be used." in capsys.readouterr().err
