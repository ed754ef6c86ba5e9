"""``xh score``: a submission folder, scored as XTREME's evaluate.py does."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xh.cli.output import columns, echo_json, heading, indented, warn
from xh.cli.values import words

if TYPE_CHECKING:
    from xh.scoring.report import Report, TaskScore

ABREAST = 11
"""Languages side by side, so that a line has no more than 100 characters."""

FOLDER = click.Path(path_type=Path)


@click.command("score")
@click.option("--predictions", type=FOLDER, required=True, metavar="DIR", help="A submission: <task>/test-<lang>.tsv …")
@click.option("--labels", type=FOLDER, required=True, metavar="DIR", help="The gold labels in the same layout.")
@click.option("--benchmark", "name", default="xtreme", show_default=True, metavar="NAME", help="xtreme or xtreme-r.")
@click.option(
    "--langs", default="", metavar="LANG,…", help="Only these languages; files of other languages may be missing."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print what evaluate.py writes to its output file, in full precision."
)
def command(predictions: Path, labels: Path, name: str, langs: str, as_json: bool) -> None:
    """Score a submission folder as XTREME's evaluate.py does (UDPOS and PAN-X as with seqeval 0.0.12).

    Tasks without a folder are left out and named. Anything that keeps a file from being scored is an error; all of them
    are named, with file and line.
    """
    from xh.results.benchmark import benchmark
    from xh.scoring.report import official
    from xh.scoring.submission import score

    report = score(benchmark(name), predictions, labels, words(langs))
    for remark in report.remarks:
        warn(remark)
    if as_json:
        echo_json(official(report))
    else:
        click.echo("\n\n".join(_page(report)))


def _page(report: "Report") -> Iterator[str]:
    """A summary by task, one by group, and each task's languages."""
    title = f"{report.title}, partial: {', '.join(report.partial)}" if report.partial else report.title
    yield f"{heading(f'{title}, by task')}\n{indented(_tasks(report))}"
    overall = {} if report.overall is None else {"all tasks": report.overall}
    if means := {**report.groups, **overall}:
        lines = columns([(name, _percent(value)) for name, value in means.items()], right=(1,))
        yield f"{heading('Means')}\n{indented(lines)}"
    for task in report.tasks:
        yield f"{heading(task.name)}\n{indented(_languages(task))}"


def _tasks(report: "Report") -> str:
    metrics = list(dict.fromkeys(metric for task in report.tasks for metric in task.means))
    header = ["TASK", "LANGS", *metrics, "SCORE"]
    lines = [[task.name, len(_langs(task)), *_means(task, metrics), _percent(task.score)] for task in report.tasks]
    return columns(lines, header=header, right=range(1, len(header)))


def _means(task: "TaskScore", metrics: list[str]) -> list[str]:
    return [_percent(task.means[metric]) if metric in task.means else "" for metric in metrics]


def _languages(task: "TaskScore") -> str:
    """Tables of a few languages each, a line per metric."""
    langs = _langs(task)
    parts = [langs[start : start + ABREAST] for start in range(0, len(langs), ABREAST)]
    return "\n".join(_part(task.values, part) for part in parts)


def _part(values: Mapping[str, Mapping[str, float]], langs: list[str]) -> str:
    width = max(map(len, values))
    lines = [[metric.ljust(width), *(_percent(scores[lang]) for lang in langs)] for metric, scores in values.items()]
    return columns(lines, header=["", *(lang.rjust(len("100.00")) for lang in langs)], right=range(1, len(langs) + 1))


def _langs(task: "TaskScore") -> list[str]:
    return list(next(iter(task.values.values())))


def _percent(value: float) -> str:
    return f"{value:.2f}"
