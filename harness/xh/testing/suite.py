"""The kit as a test of pytest."""

from collections.abc import Callable
from typing import Any

from xh.spec import UnavailableError
from xh.testing.checks import CHECKS, NotCheckedError, check
from xh.testing.subject import Subject, subjects


def conformance_tests(dist: str, *, data: str = "hub", shared: dict[str, int] | None = None) -> Callable[..., None]:
    """A test of every task of the distribution ``dist`` with every check, to be assigned to a name ``test_…``.

    ``data``: ``hub``, ``sample`` or a folder, as of ``--data``; data inside a package need none. ``shared``: by task,
    how many rows two of its splits may have in common, where the published data are so. A check that has nothing to
    look at is skipped and says why.
    """
    import pytest

    found = list(subjects(dist, data, shared))
    if not found:
        raise UnavailableError(f"{dist} has no tasks.", todo="Install it; xh plugins shows the state of every plugin.")
    cases = [pytest.param(subject, name, id=f"{subject.record.name}-{name}") for subject in found for name in CHECKS]

    @pytest.mark.parametrize(("subject", "name"), cases)
    def conforms(subject: Subject, name: str) -> None:
        _hold(subject, name, pytest)

    return conforms


def _hold(subject: Subject, name: str, pytest: Any) -> None:
    try:
        problems = check(name, subject)
    except NotCheckedError as why:
        pytest.skip(str(why))
    if problems:
        pytest.fail(f"{subject.record.name}: {name}\n" + "\n".join(problems), pytrace=False)
