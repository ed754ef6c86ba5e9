"""A stand-in for the Hub on loopback: serves folders as repositories, and plain files, with the real client's calls."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "a" * 40
LARGE = (".safetensors", ".parquet")
"""What the Hub keeps in LFS, and tells the SHA-256 of."""


class Hub:
    """Where it is, what was asked of it, and what it is to do wrong: ``stuck`` names a file that never comes whole."""

    def __init__(self, address: str, repositories: dict[str, Path], files: Path) -> None:
        self.address, self.repositories, self.files = address, repositories, files
        self.seen: list[str] = []
        self.stuck = ""
        self.waiting = threading.Event()
        self.closed = threading.Event()

    def downloads(self) -> list[str]:
        """The files that were asked for since the last time."""
        found = [line.removeprefix("GET ") for line in self.seen if line.startswith("GET ") and "api/" not in line]
        self.seen.clear()
        return found


class Handler(BaseHTTPRequestHandler):
    """Answers for the server's hub."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        pass

    @property
    def hub(self) -> Hub:
        return self.server.hub

    def _answer(self, body: bool) -> None:
        path = self.path.split("?")[0].lstrip("/")
        self.hub.seen.append(f"{self.command} {path}")
        for repository, folder in self.hub.repositories.items():
            if path.startswith(f"api/{repository}/revision/"):
                return self._send(json.dumps(_info(repository, folder)).encode(), body)
            if path.startswith(f"api/{repository}/tree/"):
                return self._send(json.dumps(_tree(folder)).encode(), body)
            prefix = repository.removeprefix("models/")
            if path.startswith(f"{prefix}/resolve/"):
                return self._file(folder / path.removeprefix(f"{prefix}/resolve/").partition("/")[2], body)
        if path.startswith("files/"):
            return self._file(self.hub.files / path.removeprefix("files/"), body)
        return self._send(b"{}", body, 404, {"X-Error-Code": "RepoNotFound"})

    def _file(self, path: Path, body: bool) -> None:
        if path.is_file():
            self._send(path.read_bytes(), body, stuck=bool(self.hub.stuck) and path.match(self.hub.stuck))
        else:
            self._send(b"{}", body, 404, {"X-Error-Code": "EntryNotFound"})

    def _send(
        self,
        content: bytes,
        body: bool,
        status: int = 200,
        extra: dict[str, str] | None = None,
        stuck: bool = False,
    ) -> None:
        self.send_response(status)
        etag = hashlib.sha256(content).hexdigest()
        headers = {"Content-Length": str(len(content)), "ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}
        for name, value in (headers | (extra or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if body and stuck:
            self.wfile.write(content[: len(content) // 2])
            self.hub.waiting.set()
            self.hub.closed.wait(600)
            self.close_connection = True
        elif body:
            self.wfile.write(content)


@contextmanager
def serving(repositories: dict[str, Path], files: Path) -> Iterator[Hub]:
    """Serve ``{"datasets/org/name": folder, "models/org/name": folder}`` and, below ``/files/``, plain files."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # a client that was killed
    server.hub = hub = Hub(f"http://127.0.0.1:{server.server_port}", repositories, files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        hub.closed.set()
        server.shutdown()
        server.server_close()


def _info(repository: str, folder: Path) -> dict[str, object]:
    files = [{"rfilename": str(path.relative_to(folder))} for path in sorted(folder.rglob("*")) if path.is_file()]
    return {"id": repository.partition("/")[2], "sha": COMMIT, "siblings": files, "private": False, "tags": []}


def _tree(folder: Path) -> list[dict[str, object]]:
    return [_entry(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]


def _entry(path: Path, folder: Path) -> dict[str, object]:
    size = path.stat().st_size
    entry = {"type": "file", "path": str(path.relative_to(folder)), "size": size, "oid": "0" * 40}
    if path.suffix in LARGE:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return entry | {"lfs": {"oid": digest, "size": size, "pointerSize": 130}}
    return entry
