"""A stand-in for the Hub on loopback: serves folders as repositories, and plain files, with the real client's calls."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "a" * 40


@contextmanager
def serving(repositories: dict[str, Path], files: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve ``{"datasets/org/name": folder}`` and, below ``/files/``, plain files; yields address and requests."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, body: bool) -> None:
            path = self.path.split("?")[0].lstrip("/")
            seen.append(f"{self.command} {path}")
            for repository, folder in repositories.items():
                if path.startswith(f"api/{repository}/revision/"):
                    return self._send(json.dumps(_info(repository, folder)).encode(), body)
                if path.startswith(f"api/{repository}/tree/"):
                    return self._send(json.dumps(_tree(folder)).encode(), body)
                prefix = repository.removeprefix("models/")
                if path.startswith(f"{prefix}/resolve/"):
                    return self._file(folder / path.removeprefix(f"{prefix}/resolve/").partition("/")[2], body)
            if path.startswith("files/"):
                return self._file(files / path.removeprefix("files/"), body)
            return self._send(b"{}", body, 404)

        def _file(self, path: Path, body: bool) -> None:
            if path.is_file():
                self._send(path.read_bytes(), body)
            else:
                self._send(b"{}", body, 404, {"X-Error-Code": "EntryNotFound"})

        def _send(self, content: bytes, body: bool, status: int = 200, extra: dict[str, str] | None = None) -> None:
            self.send_response(status)
            etag = hashlib.sha256(content).hexdigest()
            headers = {"Content-Length": str(len(content)), "ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}
            for name, value in (headers | (extra or {})).items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


def _info(repository: str, folder: Path) -> dict[str, object]:
    files = [{"rfilename": str(path.relative_to(folder))} for path in sorted(folder.rglob("*")) if path.is_file()]
    return {"id": repository.partition("/")[2], "sha": COMMIT, "siblings": files, "private": False, "tags": []}


def _tree(folder: Path) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": str(path.relative_to(folder)), "size": path.stat().st_size, "oid": "0" * 40}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
