"""All that the installed plugins registered, by name."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec.structs import replace

from xh.plugins.languages import check_language
from xh.plugins.manager import BUILT_IN, Plugins, load, reason
from xh.plugins.names import Names
from xh.plugins.records import checked, misbuilt, unread_settings
from xh.spec import (
    CommandSpec,
    EncoderSpec,
    EngineSpec,
    KindSpec,
    LanguageSpec,
    MethodSpec,
    ReportFormat,
    StudySpec,
    TaskSpec,
    TrackerSpec,
    UnavailableError,
    UsageError,
    XhError,
)
from xh.spec.errors import did_you_mean
from xh.spec.kinds import BUILT_IN as KINDS
from xh.spec.kinds import use_kinds

BUILT_IN_KINDS = [spec.name for spec in KINDS]
ROLES = ("intermediate", "target")

Claimed = tuple[int, Names[Any], Any]
"""The number of a plugin, the table that its record is for, and the record."""


class Registry:
    """The tables of names, one per registration hook, and the warnings that filling them gave.

    ``registered``: by a plugin's number in ``plugins.found`` and by what it is, the names of its records.
    """

    def __init__(self, plugins: Plugins) -> None:
        self.plugins = plugins
        self.tasks: Names[TaskSpec] = Names("task", "xh list-tasks shows them all.")
        self.kinds: Names[KindSpec] = Names("kind")
        self.encoders: Names[EncoderSpec] = Names("encoder")
        self.engines: Names[EngineSpec] = Names("engine")
        self.trackers: Names[TrackerSpec] = Names("tracker")
        self.methods: Names[MethodSpec] = Names("method")
        self.studies: Names[StudySpec] = Names("study", "xh study list shows them all.")
        self.languages: Names[LanguageSpec] = Names("language")
        self.formats: Names[ReportFormat] = Names("report format")
        self.commands: Names[CommandSpec] = Names("command", "xh --help shows them all.")
        self.registered: dict[int, dict[str, list[str]]] = {}
        use_kinds(())
        claims = [claim for hook in self._hooks() for claim in self._collect(*hook)]
        self._add([claim for claim in claims if claim[1] is self.kinds])
        ours = {(BUILT_IN, name) for name in BUILT_IN_KINDS}
        others = [claim for _, claim in self.kinds if (claim.dist, claim.record.name) not in ours]
        use_kinds(("" if claim.dist == BUILT_IN else claim.dist, claim.record) for claim in others)
        tasks = [claim for claim in claims if claim[1] is self.tasks]
        rest = [claim for claim in claims if claim[1] not in (self.kinds, self.tasks)]
        self._add([*self._with_kinds(tasks), *rest])

    def _add(self, claims: list[Claimed]) -> None:
        for number, names, record in claims:
            if not self.plugins.found[number].problem:
                names.add(self.plugins.found[number].dist, record)
                self.registered.setdefault(number, {}).setdefault(names.what, []).append(record.name)

    def _with_kinds(self, claims: list[Claimed]) -> list[Claimed]:
        """The tasks with their kinds as they are known here, and checked against them."""
        found = []
        for number, names, task in claims:
            try:
                dist = self.plugins.found[number].dist
                task = replace(task, kind=self._kind(task.kind, dist), dist="" if dist == BUILT_IN else dist)
                problem = "; ".join(unread_settings(task))
            except (XhError, ValueError) as error:
                problem = reason(error)
            found.append((number, names, task))
            if problem:
                self.plugins.mark_broken(number, f"xh_tasks: task {task.name!r}: {problem}")
        return found

    def _kind(self, name: str, dist: str) -> str:
        """The kind that a task means: a built-in one, else its own distribution's, else the only one of that name."""
        if name in BUILT_IN_KINDS:
            return name
        own = f"{dist}:{name}"
        return self.kinds.get(own if own in self.kinds else name).name

    @property
    def tables(self) -> list[Names[Any]]:
        """All tables, in the order in which they are shown."""
        return [names for _, _, names in self._hooks()]

    def _hooks(self) -> Iterator[tuple[str, type, Names[Any]]]:
        yield "xh_kinds", KindSpec, self.kinds
        yield "xh_tasks", TaskSpec, self.tasks
        yield "xh_encoders", EncoderSpec, self.encoders
        yield "xh_engines", EngineSpec, self.engines
        yield "xh_trackers", TrackerSpec, self.trackers
        yield "xh_methods", MethodSpec, self.methods
        yield "xh_studies", StudySpec, self.studies
        yield "xh_languages", LanguageSpec, self.languages
        yield "xh_report_formats", ReportFormat, self.formats
        yield "xh_commands", CommandSpec, self.commands

    def _collect(self, hook: str, kind: type, names: Names[Any]) -> Iterator[Claimed]:
        for number, implementation in self.plugins.implementations(hook):
            try:
                with self.plugins.timed(number):
                    records = checked(names.what, kind, implementation())
            except (Exception, SystemExit) as error:
                self.plugins.mark_broken(number, f"{hook}: {misbuilt(error) or reason(error)}")
                continue
            yield from ((number, names, record) for record in records)

    @property
    def kind_names(self) -> list[str]:
        """The names of all kinds."""
        return list(dict.fromkeys([*BUILT_IN_KINDS, *(name for name, _ in self.kinds)]))

    @property
    def warnings(self) -> list[str]:
        """One line per broken plugin, and one per sort of names that the same distributions claim."""
        broken = [f"plugin {p.dist} ({p.entry}) is left out: {p.problem}" for p in self.plugins.broken]
        clashes = [_clash(names.what, *found) for _, _, names in self._hooks() for found in names.collisions()]
        return broken + clashes

    def task(self, name: str) -> TaskSpec:
        """The task of this name, alias or ``dist:name``; says so where a broken plugin may have had it."""
        try:
            return self.tasks.get(name)
        except UnavailableError as error:
            dist, _, short = name.rpartition(":")
            for plugin in self.plugins.broken:
                if dist == plugin.dist or short in (plugin.entry, plugin.dist.removeprefix("xh-")):
                    raise UnavailableError(
                        f"Task {name!r} is not available.",
                        why=f"Its plugin {plugin.dist} {plugin.version} could not be loaded: {plugin.problem}",
                        todo=f"Repair or upgrade {plugin.dist}; xh plugins shows the state of all.",
                    ) from None
            raise error

    def settled(self, task: TaskSpec) -> TaskSpec:
        """The task with ``train_from`` by the name which that task bears; of several it is the plugin's own."""
        names = tuple(self._settled(name, task.dist) for name in task.steps)
        return replace(task, train_from=names if len(names) > 1 else next(iter(names), None))

    def _settled(self, name: str, dist: str) -> str:
        own = f"{dist}:{name}"
        clash = dist and own in self.tasks and BUILT_IN not in self.tasks.claimants(name)
        return self.task(own if clash else name).name

    def select(
        self, role: str | None = None, kind: str | None = None, lang: str | None = None, group: str | None = None
    ) -> list[tuple[str, str, TaskSpec]]:
        """Tasks as (name to ask for, distribution, record) that fit all the given filters."""
        everything = [(name, claim.dist, claim.record) for name, claim in self.tasks]
        specs = [spec for _, _, spec in everything]
        known("role", role, ROLES)
        known("kind", kind, self.kind_names)
        if lang is not None:
            check_language(lang, [code for spec in specs for code in spec.languages], self)
        known("group", group, self.groups())
        return [
            row
            for row in everything
            if (role is None or role in row[2].roles)
            and (kind is None or kind == row[2].kind)
            and (lang is None or lang in row[2].languages)
            and (group in (None, "all") or group in row[2].groups)
        ]

    def groups(self) -> list[str]:
        """The names of all groups of tasks; ``all`` is every task. A group can't take the name of a task."""
        found = {group for _, claim in self.tasks for group in claim.record.groups}
        return ["all", *sorted(group for group in found if group not in self.tasks)]


def known(what: str, value: str | None, choices: Any) -> None:
    """Raise a :class:`UsageError` with the nearest choices unless the value is None or one of them."""
    if value is None or value in choices:
        return
    options = sorted(set(choices))
    todo = f"Known: {', '.join(options)}."
    raise UsageError(f"There is no {what} {value!r}.", why=did_you_mean(value, options), todo=todo)


def _clash(what: str, names: list[str], dists: tuple[str, ...]) -> str:
    """What to say of names that several distributions claim."""
    *others, last = map(repr, names)
    listed = f"{', '.join(others)} and {last} come" if others else f"{last} comes"
    claimed = f"{what} {listed} from {' and '.join(dists)}: "
    if what == "language":
        return claimed + ("the built-in record counts" if BUILT_IN in dists else "no record counts")
    own = f"; {' and '.join(names)} alone {'are' if others else 'is'} the built-in one{'s' if others else ''}"
    return f"{claimed}say <distribution>:{names[0]}" + (own if BUILT_IN in dists else "")


@cache
def registry() -> Registry:
    """The registry of this process, made at the first call."""
    return Registry(load())
