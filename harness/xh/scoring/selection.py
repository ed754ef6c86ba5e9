"""Which finished evaluations of a store make one submission: one per task, all under the same conditions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from xh.data.labels import data_label
from xh.results.benchmark import Benchmark, benchmarks
from xh.results.coordinates import told_apart
from xh.results.evaluation import Evaluation, stored
from xh.results.names import data_name, encoder_name, is_encoder
from xh.spec import TaskSpec, UsageError
from xh.spec.cell import BASELINE
from xh.store import Store


class Wanted(Struct, frozen=True, kw_only=True):
    """What a submission is asked for by; None is whatever there is, as long as that is one thing.

    ``stages`` decide between evaluations of one task that differ in something else.
    """

    inter: str = BASELINE
    method: str = BASELINE
    model: str | None = None
    profile: str | None = None
    data: str | None = None
    seed: int | None = None
    stages: tuple[str, ...] = ()


class Context(NamedTuple):
    """What all evaluations of one submission have in common; the fields are those of :class:`Wanted`."""

    inter: str
    method: str
    model: str
    profile: str
    data: str
    seed: int | None

    def options(self) -> str:
        """As options of the command line."""
        return " ".join(f"--{name} {value}" for name, value in _given(self))


def select(store: Store, benchmark: Benchmark, wanted: Wanted) -> dict[str, Evaluation]:
    """The evaluation of each of the benchmark's tasks that has one, by the task's folder.

    Raises :class:`~xh.spec.UsageError` that lists the choices where nothing fits, or more than one thing does.
    """
    found = [each for each in stored(store, store.evaluations()) if _is_of(each.task, benchmark)]
    fitting = [each for each in found if _fits(each, wanted)]
    if not fitting:
        raise _nothing(benchmark, wanted, found)
    _check_stages(fitting, wanted)
    contexts = _contexts(fitting)
    if len(contexts) > 1:
        raise _several("Several submissions are possible", _choices(contexts, fitting), "Choose one with its options.")
    groups = {name: _named(members, wanted) for name, members in _by_task(fitting).items()}
    if several := [members for members in groups.values() if len(members) > 1]:
        choices = [line for members in several for line in _stages(members)]
        raise _several("Tasks were evaluated more than once", choices, "Choose one of each task with --stage.")
    return {name: members[0] for name, members in groups.items()}


def context(evaluation: Evaluation) -> Context:
    """The conditions of an evaluation; its seed is None where nothing was trained."""
    record = evaluation.record
    profile = record.stage.purpose.profile
    return Context(
        evaluation.inter, evaluation.method, encoder_name(record), profile, data_name(record), evaluation.seed
    )


def _is_of(task: TaskSpec, benchmark: Benchmark) -> bool:
    """Whether it is one of the benchmark's tasks, and not another benchmark's edition of it."""
    others = benchmarks().keys() & {*task.groups}
    return task.folder in [each.name for each in benchmark.tasks] and (benchmark.name in others or not others)


def _fits(evaluation: Evaluation, wanted: Wanted) -> bool:
    """Whether it has what is wanted; what was not trained fits every seed."""
    has = context(evaluation)
    same = (
        wanted.inter == has.inter,
        wanted.method == has.method,
        wanted.model is None or is_encoder(wanted.model, evaluation.record),
        wanted.profile in (None, has.profile),
        wanted.data is None or data_label(wanted.data) == has.data,
        wanted.seed is None or has.seed in (None, wanted.seed),
    )
    return all(same)


def _check_stages(fitting: Sequence[Evaluation], wanted: Wanted) -> None:
    ids = [stage for each in fitting for stage in each.stages]
    if unknown := [stage for stage in wanted.stages if stage not in ids]:
        raise _several(f"{', '.join(unknown)} is not one of the evaluations", ids, "Choose among these with --stage.")


def _contexts(evaluations: Iterable[Evaluation]) -> list[Context]:
    """The different conditions; those without a seed belong to all others that are the same but for it."""
    found = list(dict.fromkeys(map(context, evaluations)))
    seeded = {each._replace(seed=None) for each in found if each.seed is not None}
    return [each for each in found if each.seed is not None or each not in seeded]


def _by_task(evaluations: Iterable[Evaluation]) -> dict[str, list[Evaluation]]:
    groups: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        groups.setdefault(evaluation.task.folder, []).append(evaluation)
    return groups


def _named(members: Sequence[Evaluation], wanted: Wanted) -> Sequence[Evaluation]:
    """A task's evaluations, or those of them whose stages are wanted."""
    return [each for each in members if set(each.stages) & set(wanted.stages)] or members


def _stages(members: Sequence[Evaluation]) -> Iterator[str]:
    """A task's evaluations as options, with the settings in which they differ."""
    for stage, differing in told_apart(members).items():
        yield f"--stage {stage}  {_listed(differing)}".rstrip()


def _nothing(benchmark: Benchmark, wanted: Wanted, found: Sequence[Evaluation]) -> UsageError:
    what = f"No evaluation of {benchmark.title} is finished with {_listed(dict(_given(wanted)))}."
    why = "\n".join(["Those in the store have:", *_choices(_contexts(found), found)]) if found else ""
    return UsageError(what, why=why, todo="xh report shows what is finished; see --runs.")


def _given(conditions: Context | Wanted) -> Iterator[tuple[str, object]]:
    """What is said of conditions; that there is no method goes without saying."""
    for name in Context._fields:
        value = getattr(conditions, name)
        if value is not None and (name, value) != ("method", BASELINE):
            yield name, value


def _choices(contexts: Sequence[Context], evaluations: Sequence[Evaluation]) -> list[str]:
    return sorted(f"{each.options()}  ({', '.join(_tasks(each, evaluations))})" for each in contexts)


def _tasks(chosen: Context, evaluations: Sequence[Evaluation]) -> list[str]:
    same = (chosen, chosen._replace(seed=None))
    return list(dict.fromkeys(each.task.name for each in evaluations if context(each) in same))


def _several(what: str, choices: Sequence[str], todo: str) -> UsageError:
    return UsageError(f"{what}:", why="\n".join(choices), todo=todo)


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
