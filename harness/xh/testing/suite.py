"""The kit as a test of pytest."""

from collections.abc import Callable

from xh.spec import UnavailableError
from xh.testing.plugin import Case, cases
from xh.testing.subject import installed


def conformance_tests(dist: str, *, data: str = "hub", shared: dict[str, int] | None = None) -> Callable[..., None]:
    """A test of all that the distribution ``dist`` registers with every check, to be assigned to a name ``test_…``.

    ``data``: ``hub``, ``sample`` or a folder, as of ``--data``; data inside a package need none. ``shared``: by task,
    how many rows two of its splits may have in common, where the published data are so. A check that does not apply, or
    that has nothing to look at, is skipped and says why; to ``xh check-plugin`` the latter is no success.
    """
    import pytest

    plugins = [plugin for plugin in installed().plugins.found if plugin.dist == dist]
    if not plugins or any(plugin.problem for plugin in plugins):
        problems = "\n".join(plugin.problem for plugin in plugins if plugin.problem)
        todo = "Install or repair it; xh plugins shows the state of every plugin."
        raise UnavailableError(f"There is no plugin {dist} that could be loaded.", why=problems, todo=todo)
    found = [pytest.param(case, id=f"{case.name}-{case.check}") for case in cases(dist, data, shared)]

    @pytest.mark.parametrize("case", found)
    def conforms(case: Case) -> None:
        outcome = case.outcome()
        if outcome.why:
            pytest.skip(outcome.why)
        if outcome.problems:
            pytest.fail(f"{case.sort} {case.name}: {case.check}\n" + "\n".join(outcome.problems), pytrace=False)

    return conforms
