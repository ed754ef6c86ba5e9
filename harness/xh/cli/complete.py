"""What a shell offers after TAB for the names that plugins register; see "Completion" in ``docs/cli.md``."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from xh.plan.settings import profiles
from xh.plan.studies import all_studies
from xh.plugins import registry
from xh.plugins.languages import HISTORY
from xh.plugins.languages import groups as groups_of
from xh.plugins.names import Names
from xh.spec.comparisons import MEASURES

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Named = Iterable[tuple[str, str]]
"""Names with what they stand for."""
Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]
LAST = re.compile(r"[^,+]*$")
"""Of names in a list, or joined by ``+``, the one that is being typed."""


def _completer(names: Callable[[], Named]) -> Completer:
    def complete(ctx: click.Context, option: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        start = LAST.search(incomplete).start()  # type: ignore[union-attr]
        before, word = incomplete[:start], incomplete[start:]
        return [CompletionItem(before + name, help=title) for name, title in names() if name.startswith(word)]

    return complete


def _titles(names: Names[Any]) -> Named:
    return ((name, claim.record.title) for name, claim in names)


def _tasks(role: str | None = None) -> Named:
    return ((name, task.title) for name, _, task in registry().select(role=role))


def _targets() -> Named:
    return [*_tasks("target"), *((group, "group of tasks") for group in registry().groups())]


def _studies() -> Named:
    return ((name, study.title) for name, study in all_studies(registry()).items())


studies = _completer(_studies)


def _language_groups() -> Named:
    return ((group, "group of languages") for group in groups_of(registry()))


def _languages() -> Named:
    history = ((group, "by what the trainings read") for group in HISTORY)
    return [*_titles(registry().languages), *history, *_language_groups()]


def _views() -> Named:
    from xh.results.views import VIEWS

    return ((name, (view.__doc__ or "").rstrip(".")) for name, view in VIEWS.items())


def _sizes() -> Named:
    groups = dict.fromkeys(claim.record.group for _, claim in registry().encoders)
    return [(group, "all sizes") for group in groups if group]


tasks = _completer(_tasks)
intermediates = _completer(lambda: [("none", "the baseline alone"), *_tasks("intermediate")])
targets = _completer(_targets)
groups = _completer(lambda: ((name, "") for name in registry().groups()))
languages = _completer(_languages)
language_groups = _completer(_language_groups)
methods = _completer(lambda: [("none", "the plain way"), *_titles(registry().methods)])
encoders = _completer(lambda: [*_titles(registry().encoders), *_sizes()])
engines = _completer(lambda: _titles(registry().engines))
trackers = _completer(lambda: _titles(registry().trackers))
formats = _completer(lambda: _titles(registry().formats))
measures = _completer(MEASURES.items)
views = _completer(_views)
kinds = _completer(lambda: ((name, "") for name in registry().kind_names))
profile_names = _completer(lambda: ((name, profile.title) for name, profile in profiles().items()))
dists = _completer(lambda: dict.fromkeys((plugin.dist, "") for plugin in registry().plugins.found))
