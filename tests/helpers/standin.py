"""A stand-in for the Hub on loopback: serves folders as repositories, and plain files, with the real client's calls.

A repository has commits, each a folder, and branches, which can be moved; it can be renamed and made gated. Where a
data set is a loading script, that is all there is, as on the Hub, and the client finds no data.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

COMMIT = "a" * 40
LARGE = (".safetensors", ".parquet")
"""What the Hub keeps in LFS, and tells the SHA-256 of."""


class Repository:
    """Commits and branches; at first one commit, which ``main`` is at."""

    def __init__(self, folder: Path) -> None:
        self.commits, self.branches, self.gated = {COMMIT: folder}, {"main": COMMIT}, False

    def at(self, revision: str) -> str | None:
        """The commit that a branch is at, or that is named."""
        found = self.branches.get(revision, revision)
        return found if found in self.commits else None


class Hub:
    """Where it is, what was asked of it, and what it is to do wrong: ``stuck`` names a file that never comes whole."""

    def __init__(self, address: str, repositories: dict[str, Path], files: Path) -> None:
        self.address, self.files = address, files
        self.repositories = {name: Repository(folder) for name, folder in repositories.items()}
        self.renamed: dict[str, str] = {}
        self.seen: list[str] = []
        self.stuck = ""
        self.waiting = threading.Event()
        self.closed = threading.Event()

    def add(self, repository: str, folder: Path) -> None:
        """Have one more repository."""
        self.repositories[repository] = Repository(folder)

    def move(self, repository: str, folder: Path, commit: str, branch: str = "main") -> None:
        """Let a branch be at a commit that holds what the folder holds."""
        self.repositories[repository].commits[commit] = folder
        self.repositories[repository].branches[branch] = commit

    def rename(self, old: str, new: str) -> None:
        """Give a repository another name; who asks for the old one is sent on."""
        self.repositories[new] = self.repositories.pop(old)
        self.renamed[old] = new

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
        for old, new in self.hub.renamed.items():
            if f"{path}/".startswith((f"api/{old}/", f"{_address(old)}/")):
                return self._send(b"", body, 307, {"Location": f"/{path.replace(_address(old), _address(new), 1)}"})
        for name, repository in self.hub.repositories.items():
            for prefix in (f"api/{name}/revision/", f"api/{name}/tree/", f"{_address(name)}/resolve/"):
                if path.startswith(prefix):
                    return self._of(name, repository, *path.removeprefix(prefix).partition("/")[::2], body)
        if path.startswith("files/"):
            return self._file(self.hub.files / path.removeprefix("files/"), body)
        return self._send(b"{}", body, 404, {"X-Error-Code": "RepoNotFound"})

    def _of(self, name: str, repository: Repository, revision: str, file: str, body: bool) -> None:
        commit = repository.at(unquote(revision))
        if commit is None:
            return self._send(b"{}", body, 404, {"X-Error-Code": "RevisionNotFound"})
        folder = repository.commits[commit]
        if not self.path.startswith(f"/{_address(name)}/"):
            found = _info(name, folder, commit) if "/revision/" in self.path else _tree(folder)
            return self._send(json.dumps(found).encode(), body)
        if repository.gated:
            return self._send(b"{}", body, 403, {"X-Error-Code": "GatedRepo"})
        return self._file(folder / unquote(file), body, commit)

    def _file(self, path: Path, body: bool, commit: str = COMMIT) -> None:
        if path.is_file():
            stuck = bool(self.hub.stuck) and path.match(self.hub.stuck)
            self._send(path.read_bytes(), body, extra={"X-Repo-Commit": commit}, stuck=stuck)
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
        headers = {"Content-Length": str(len(content)), "ETag": f'"{etag}"'}
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


def _address(repository: str) -> str:
    """Models have their name alone in the address of a file."""
    return repository.removeprefix("models/")


def _info(repository: str, folder: Path, commit: str) -> dict[str, object]:
    files = [{"rfilename": str(path.relative_to(folder))} for path in sorted(folder.rglob("*")) if path.is_file()]
    return {"id": repository.partition("/")[2], "sha": commit, "siblings": files, "private": False, "tags": []}


def _tree(folder: Path) -> list[dict[str, object]]:
    return [_entry(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]


def _entry(path: Path, folder: Path) -> dict[str, object]:
    size = path.stat().st_size
    entry = {"type": "file", "path": str(path.relative_to(folder)), "size": size, "oid": "0" * 40}
    if path.suffix in LARGE:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return entry | {"lfs": {"oid": digest, "size": size, "pointerSize": 130}}
    return entry
