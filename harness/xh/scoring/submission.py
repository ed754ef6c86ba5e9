"""All files of a submission against those of the labels: scores by task and language, or all that is wrong."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from xh.plugins.languages import check_language
from xh.plugins.registry import registry
from xh.results.benchmark import Benchmark, Task
from xh.scoring.faults import Entry, Fault, Reading, described
from xh.scoring.formats import Read, format_of
from xh.scoring.report import Report, TaskScore, report
from xh.spec import UsageError

Faults = Sequence[tuple[Path, Sequence[Fault]]]
"""What is wrong with each file."""


class Found(NamedTuple):
    """What came of one language's files: its scores, unless something is wrong with the prediction or label file."""

    lang: str
    scores: dict[str, float]
    faults: Faults


def score(benchmark: Benchmark, predictions: Path, labels: Path, langs: Sequence[str] = ()) -> Report:
    """Score the folder ``predictions`` against the folder ``labels``, as far as both have a task's folder.

    ``langs``: only these, which makes the report partial.
    Raises :class:`~xh.spec.UsageError` that names everything that is wrong, by file and line.
    """
    tasks = _spoken(_shared(benchmark, predictions, labels), langs)
    found = {task: [_language(task, lang, predictions, labels) for lang in task.languages] for task in tasks}
    faults = [each for results in found.values() for one in results for each in one.faults]
    if fatal := [(path, wrong) for path, each in faults if (wrong := _fatal(each))]:
        raise _refusal(fatal)
    scores = [_task_score(task, results) for task, results in found.items()]
    remarks = [*_described(faults), *_left_out(benchmark, predictions, labels)]
    return report(benchmark, scores, remarks, tuple(langs))


def _shared(benchmark: Benchmark, predictions: Path, labels: Path) -> list[Task]:
    """The tasks that have a folder in both; raises if there is none."""
    if absent := [str(folder) for folder in (predictions, labels) if not folder.is_dir()]:
        raise UsageError(f"There is no folder {' and no folder '.join(absent)}.")
    tasks = [task for task in benchmark.tasks if (predictions / task.name).is_dir() and (labels / task.name).is_dir()]
    if not tasks:
        why = f"{predictions} has {_listed(predictions)}; {labels} has {_listed(labels)}."
        todo = f"Tasks of {benchmark.title} are {', '.join(task.name for task in benchmark.tasks)}."
        raise UsageError("No task has a folder in both.", why=why, todo=todo)
    return tasks


def _spoken(tasks: Sequence[Task], langs: Sequence[str]) -> list[Task]:
    """The tasks in these languages only, where they have any; raises for one that no task has."""
    if not langs:
        return list(tasks)
    for lang in langs:
        check_language(lang, [each for task in tasks for each in task.languages], registry())
    in_languages = [(task, tuple(lang for lang in task.languages if lang in langs)) for task in tasks]
    return [replace(task, languages=found) for task, found in in_languages if found]


def _listed(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "") if names else "nothing in it"


def _language(task: Task, lang: str, predictions: Path, labels: Path) -> Found:
    form = format_of(task)
    name = f"test-{lang}{form.suffix}"
    guess_path, gold_path = predictions / task.name / name, labels / task.name / name
    entry = Entry(task.entry.replace("{lang}", lang), task.expected)
    guess, gold = _read(guess_path, form.read_predictions, entry), _read(gold_path, form.read_labels, entry)
    readable = guess.value is not None and gold.value is not None
    mismatches = list(form.compare(guess.value, gold.value)) if readable else []
    faults = [(guess_path, [*guess.faults, *mismatches]), (gold_path, gold.faults)]
    fatal = any(_fatal(each) for _, each in faults)
    return Found(lang, {} if fatal else form.score(guess.value, gold.value, lang), faults)


def _read(path: Path, read: Read, entry: Entry) -> Reading:
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return Reading(None, [Fault("is missing")])
    except OSError as error:
        return Reading(None, [Fault(f"can't be read: {error.strerror}")])
    except UnicodeDecodeError as error:
        return Reading(None, [Fault("is not UTF-8", error.object[: error.start].count(b"\n") + 1)])
    return read(text, entry)


def _fatal(faults: Sequence[Fault]) -> list[Fault]:
    return [fault for fault in faults if fault.fatal]


def _described(faults: Faults) -> list[str]:
    return [line for path, each in faults for line in described(str(path), each)]


def _refusal(faults: Faults) -> UsageError:
    count = sum(len(each) for _, each in faults)
    things = "thing is" if count == 1 else "things are"
    files = "1 file" if len(faults) == 1 else f"{len(faults)} files"
    what = f"{count:,} {things} wrong in {files}; nothing was scored."
    return UsageError(what, why="\n".join(_described(faults)))


def _task_score(task: Task, found: Sequence[Found]) -> TaskScore:
    counted = format_of(task).counted
    names = dict.fromkeys((*counted, *found[0].scores))
    values = {name: {one.lang: one.scores[name] for one in found} for name in names}
    return TaskScore.of(task.name, values, counted)


def _left_out(benchmark: Benchmark, predictions: Path, labels: Path) -> Iterator[str]:
    """What is in the folders but isn't scored, and what isn't there."""
    names = [task.name for task in benchmark.tasks]
    for folder in (predictions, labels):
        if missing := [name for name in names if not (folder / name).is_dir()]:
            yield f"{folder} has no {', '.join(missing)}, so there is neither an overall score nor a score of its group"
    if elsewhere := [name for name in benchmark.elsewhere if (predictions / name).is_dir()]:
        yield f"{', '.join(elsewhere)} is not scored here, but by its own program"
    if unknown := list(_unknown(benchmark, predictions)):
        yield f"not part of {benchmark.title}, so left out: {', '.join(unknown)}"


def _unknown(benchmark: Benchmark, predictions: Path) -> Iterator[str]:
    known = {task.name: task for task in benchmark.tasks}
    for folder in sorted(predictions.iterdir()):
        if folder.name not in (*known, *benchmark.elsewhere):
            yield folder.name
        elif folder.name in known and folder.is_dir():
            task = known[folder.name]
            files = {f"test-{lang}{format_of(task).suffix}" for lang in task.languages}
            yield from (f"{folder.name}/{path.name}" for path in sorted(folder.iterdir()) if path.name not in files)
