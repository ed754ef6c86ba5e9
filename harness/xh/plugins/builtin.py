"""What xh itself registers, through the same hooks as anybody."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xh.plugins.hookspecs import hookimpl
from xh.spec import CommandSpec, EncoderSpec, EngineSpec, KindSpec, LanguageSpec, Locations, ReportFormat, TaskSpec
from xh.spec.kinds import BUILT_IN

if TYPE_CHECKING:
    from xh.stage.job import EvaluateJob, TrainJob

COMMANDS = {
    "run": "Run every stage of a plan that is not in the store yet, and report",
    "plan": "Show the stages that a run would need; nothing is run",
    "stage": "Run a single stage, as jobs of a queueing system do",
    "fetch": "Bring all that a run needs to this machine, or into a folder",
    "study": "List, plan, run and report studies",
    "watch": "Follow a run in a browser",
    "report": "Report the results in the store",
    "figure": "Draw a view of the results, for a paper",
    "compare": "Compare two arms of a table, example by example",
    "export": "Write finished predictions as an XTREME submission",
    "score": "Score a submission as XTREME's evaluate.py does",
    "list-tasks": "List the tasks of all plugins",
    "list-langs": "List the languages, and what is known of them",
    "show": "Show a task: record, recipe, samples",
    "new-task": "Write a plugin distribution to start from",
    "check-plugin": "Check the tasks of an installed distribution",
    "plugins": "List the plugins and their state",
    "doctor": "Check this installation",
    "store": "List, verify or clean the store",
    "docs": "Print the documentation",
}
FORMATS = {
    "table": "for a terminal",
    "markdown": "for a README or an issue",
    "html": "a page with the answer, charts and tables",
    "latex": "tables for a paper",
    "csv": "one line per row, for a spreadsheet",
    "json": "everything, for programs",
}
ENCODERS = Path(__file__).parents[1] / "data" / "encoders.toml"
LANGUAGES = Path(__file__).parents[1] / "data" / "languages.toml"


@hookimpl
def xh_commands() -> list[CommandSpec]:
    return [
        CommandSpec(name=name, command=f"xh.cli.{name.replace('-', '_')}:command", title=title)
        for name, title in COMMANDS.items()
    ]


@hookimpl
def xh_kinds() -> list[KindSpec]:
    return list(BUILT_IN)


@hookimpl
def xh_encoders() -> list[EncoderSpec]:
    from xh.mini import ENCODER

    known = tomllib.loads(ENCODERS.read_text(encoding="utf-8"))
    title = "embedded: XLM-R shape, 6 layers x 256, 40 languages; for trying things out"
    return [
        EncoderSpec(name="mini", source=str(ENCODER), title=title),
        *(EncoderSpec(name=name, **facts) for name, facts in known.items()),
    ]


@hookimpl
def xh_engines() -> list[EngineSpec]:
    here, jobs = "worker processes on this machine", "a job of Slurm for each stage"
    settings: dict[str, Any] = {"options": [], "prologue": []}
    return [
        EngineSpec(name="local", run="xh.engine.local:run", title=here, check="xh.engine.device:check_device"),
        EngineSpec(
            name="slurm-jobs", run="xh.engine.slurm:run", title=jobs, check="xh.engine.slurm:check", settings=settings
        ),
    ]


@hookimpl
def xh_languages() -> list[LanguageSpec]:
    known = tomllib.loads(LANGUAGES.read_text(encoding="utf-8"))
    return [LanguageSpec(name=code, **facts) for code, facts in known.items()]


@hookimpl
def xh_report_formats() -> list[ReportFormat]:
    return [
        ReportFormat(name=name, render=f"xh.results.formats:{name}", title=title) for name, title in FORMATS.items()
    ]


@hookimpl(trylast=True)
def xh_load_data(task: TaskSpec, split: str, lang: str, locations: Locations) -> Any:
    from xh.stage.load import load_data

    return load_data(task, split, lang, locations)


@hookimpl(trylast=True)
def xh_train(job: "TrainJob") -> Mapping[str, Any]:
    from xh.training.trainer import train

    return train(job)


@hookimpl(trylast=True)
def xh_evaluate(job: "EvaluateJob") -> Mapping[str, Any]:
    from xh.stage.evaluate import evaluate

    return evaluate(job)
