"""What is asked of the Hub, or of its cache where the network may not be used: commits and files."""

import os
import re
from functools import cache
from pathlib import Path

from xh.spec import MissingError
from xh.spec.data import is_commit

SECRET = re.compile(r"\bhf_\w+|(?<=://)[^/\s@]+(?=@)")
"""A token, or a name and password in an address."""
PATIENCE = 10.0
"""Seconds that the Hub has for a first answer."""
LOGIN = "then log in with hf auth login"


def forbidden() -> bool:
    """Whether the environment forbids the network, as the Hub's own client reads it."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def named(repo: str, revision: str) -> str:
    """A repository at a revision, for people: a commit's first 12 digits do."""
    return f"{repo}@{revision[:12] if is_commit(revision) else revision}"


def commit(repo: str, revision: str, kind: str, offline: bool) -> str:
    """The commit that a revision is at now: the Hub is asked, or its cache. A commit is itself, and nobody is asked."""
    if is_commit(revision):
        return revision
    from huggingface_hub import HfApi

    problem = None if offline else unreachable()
    local = bool(offline or problem)
    try:
        answer = HfApi().resolve_revision(repo, repo_type=kind, revision=revision, local_files_only=local)
    except Exception as error:
        raise MissingError(f"{repo}@{revision} {_state(error, offline, problem)}") from error
    return str(answer.resolved)


@cache
def snapshot(
    repo: str, revision: str, patterns: tuple[str, ...], kind: str, offline: bool, folder: Path | None = None
) -> Path:
    """The folder with the files of these patterns: in the cache, or ``folder`` itself."""
    from huggingface_hub import snapshot_download

    problem = None if offline else unreachable()
    # With a folder the client copies what its cache has, and not in one step; so it gets an empty one.
    nowhere = folder / ".cache" / "none" if folder else None
    try:
        path: str = snapshot_download(
            repo,
            repo_type=kind,
            revision=revision,
            allow_patterns=list(patterns),
            local_dir=folder,
            cache_dir=nowhere,
            local_files_only=bool(offline or problem),
        )
    except Exception as error:
        raise MissingError(f"{named(repo, revision)} {_state(error, offline, problem)}") from error
    return Path(path)


def files_of(repo: str, revision: str, kind: str) -> set[str]:
    """The names of all files that a repository has."""
    from huggingface_hub import HfApi

    try:
        return set(HfApi().list_repo_files(repo, repo_type=kind, revision=revision))
    except Exception as error:
        raise MissingError(f"{named(repo, revision)} {_state(error, False, None)}") from error


@cache
def unreachable() -> str | None:
    """Why the Hub can't be reached, asked once and not for long; None if it can."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    from huggingface_hub.constants import ENDPOINT

    try:
        urlopen(Request(ENDPOINT, method="HEAD"), timeout=PATIENCE).close()
    except HTTPError as error:
        return f"{_public(ENDPOINT)} answers {error.code}" if error.code >= 500 else None
    except OSError as error:
        return _public(f"{ENDPOINT}: {getattr(error, 'reason', error)}")
    return None


def _state(error: Exception, offline: bool, problem: str | None) -> str:
    if offline:
        return "is not in the cache (offline)"
    if problem:
        return f"is not in the cache, and the Hub can't be reached: {problem}"
    return f"could not be fetched: {why(error)}"


def why(error: Exception) -> str:
    """What went wrong in a download, with nothing of the user's environment: no token, password or home folder."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return f"request access on its page on the Hub, {LOGIN}"
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"the Hub has no such repository; if it is private, get access to it, {LOGIN}"
    if isinstance(error, errors.RevisionNotFoundError):
        return "the repository has no such revision"
    if isinstance(error, errors.HfHubHTTPError):
        return f"the Hub answers {error.response.status_code}"
    text = str(error).strip().splitlines()
    return _public(f"{type(error).__name__}: {text[0] if text else ''}")


def _public(text: str) -> str:
    from huggingface_hub import get_token
    from huggingface_hub.constants import HF_HOME, HF_HUB_CACHE

    private = {get_token(): "…", HF_HUB_CACHE: "HF_HUB_CACHE", HF_HOME: "HF_HOME", str(Path.home()): "~"}
    for secret, sign in private.items():
        text = text.replace(secret, sign) if secret else text
    return SECRET.sub("…", text)
