"""Serves the page on this machine alone, to whoever has the address with its token; nothing is ever written."""

import hashlib
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from xh.results.page.elements import joined
from xh.spec import UsageError, XhError
from xh.store import Store
from xh.watch.page import page, section
from xh.watch.state import followed

HOST = "127.0.0.1"
SHARE = 200
"""While a run is under way nothing is built again for so many times as long as it took: the run needs the processor."""
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Watched:
    """The page and its section, built one at a time from what the store has."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time, share: float = SHARE) -> None:
        self.store, self.clock, self.share, self.lock = store, clock, share, Lock()
        self.text, self.version, self.text_due, self.page_due = "", "", 0.0, 0.0

    def page(self) -> str:
        """The whole page, with the newest results."""
        with self.lock:
            began, first = time.thread_time(), not self.version
            self.version = self._newest()
            text = page(self.store, self.clock(), self.version, live=True)
            self.text_due = 0.0
            self.page_due = 0.0 if first else self._due(began)  # the first one loads what it needs: that says nothing
            return text

    def section(self) -> str:
        """The state of the runs, with the version of results that a page should have."""
        with self.lock:
            if time.monotonic() >= self.text_due:
                began = time.thread_time()
                runs = followed(self.store, self.clock())
                if time.monotonic() >= self.page_due or not any(run.under_way for run in runs):
                    self.version = self._newest()
                self.text = section(runs, self.version)
                self.text_due = self._due(began)
            return self.text

    def _due(self, began: float) -> float:
        return time.monotonic() + self.share * (time.thread_time() - began)

    def _newest(self) -> str:
        return hashlib.sha256("\n".join(self.store.ids()).encode()).hexdigest()[:16]


class Server(ThreadingHTTPServer):
    """Serves one store under a random token."""

    daemon_threads = True

    def __init__(self, watched: Watched, port: int = 0) -> None:
        self.token = secrets.token_urlsafe(24)
        self.answers = {"": watched.page, "live": watched.section}
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            todo = "Leave --port out to have a free one."
            raise UsageError(f"Port {port} can't be used.", why=str(error), todo=todo) from error

    @property
    def address(self) -> str:
        """What to open in a browser of this machine."""
        return f"http://{HOST}:{self.server_address[1]}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader who went away is no error."""


class Handler(BaseHTTPRequestHandler):
    """Answers two paths below the token; all else is refused."""

    server: Server
    server_version, sys_version = "xh", ""

    def do_GET(self) -> None:
        """The page, or its section."""
        _, _, rest = self.path.partition("/")
        token, _, name = rest.partition("?")[0].partition("/")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            self._send(HTTPStatus.FORBIDDEN, "Use the address that xh watch printed.")
        elif answer := self.server.answers.get(name):
            self._send(*_answered(answer))
        else:
            self._send(HTTPStatus.NOT_FOUND, "There is nothing here.")

    def _send(self, status: HTTPStatus, text: str) -> None:
        found = text.encode("utf-8", "replace")
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Length": str(len(found))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(found)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: the path has the token."""


def _answered(answer: Callable[[], str]) -> tuple[HTTPStatus, str]:
    try:
        return HTTPStatus.OK, answer()
    except (XhError, OSError) as error:  # maybe a stage was removed between two looks; the next one finds it gone
        return HTTPStatus.SERVICE_UNAVAILABLE, joined(f"The store can't be read at this moment: {error}")
