"""An encoder, a language, a study, a format, a command, rows read in one's own way, and a diary of every phase."""

import os
from pathlib import Path

from xh.api import (
    CommandSpec,
    EncoderSpec,
    Files,
    LanguageSpec,
    MissingError,
    ReportFormat,
    StudySpec,
    TaskSpec,
    hookimpl,
)

DIARY, RAISE = "XH_EXTRAS_DIARY", "XH_EXTRAS_RAISE"


@hookimpl
def xh_tasks():
    return [
        TaskSpec(
            name="reviews",
            title="One-line reviews, good or bad",
            kind="classify",
            roles=("target",),
            groups=("demo",),
            languages=("en", "de", "tok"),
            data=Files(
                package="xh_extras",
                paths=("data/{lang}-{split}.txt",),
                splits={"train": "train", "test": "test"},
            ),
            labels=("bad", "good"),
            metric="accuracy",
            recipe={"select": "last"},
            reason="a demonstration with its own data",
        )
    ]


@hookimpl
def xh_encoders():
    return [EncoderSpec(name="extras-tiny", source="xh-extras/tiny", revision="0" * 40, title="is on no Hub")]


@hookimpl
def xh_studies():
    return [
        StudySpec(
            name="reviews-size",
            title="reviews after more and more inference data",
            question="How much inference data do reviews need?",
            options={"inter": ["mnli"], "target": ["reviews"], "vary": {"limit-intermediate": [40, "100%"]}},
            views=("curve:limit-intermediate",),
        )
    ]


@hookimpl
def xh_languages():
    """A constructed language: of no family, in no class and in no corpus."""
    return [LanguageSpec(name="tok", title="Toki Pona", iso639_3="tok", script="Latn")]


@hookimpl
def xh_report_formats():
    return [ReportFormat(name="headline", render="xh_extras.report:headline", title="the best gain in one line")]


@hookimpl
def xh_commands():
    return [CommandSpec(name="diary", command="xh_extras.command:diary", title="Show the diary")]


@hookimpl
def xh_load_data(task, split, lang, locations):
    """``+ text`` and ``- text``: rows of this task only, so that others are asked for theirs."""
    if task.name != "reviews":
        return None
    _raise_if_told("xh_load_data")
    path = Path(__file__).parent / "data" / f"{lang}-{task.data.splits[split]}.txt"
    rows = [(mark, text) for mark, _, text in (line.partition(" ") for line in path.read_text("utf-8").splitlines())]
    for number, (mark, _) in enumerate(rows):
        if mark not in "+-":
            raise MissingError(f"{path}, row {number}: begins with {mark!r} instead of + or -")
    return [{"text_a": text, "label": "good" if mark == "+" else "bad"} for mark, text in rows]


@hookimpl
def xh_run_start(stages, cached):
    _write(f"run starts: {len(stages)} stages, {len(cached)} cached")


@hookimpl
def xh_run_end(done, failed, interrupted):
    _write(f"run ends: {len(done)} done, {len(failed)} failed" + ", interrupted" * interrupted)
    _raise_if_told("xh_run_end")


@hookimpl
def xh_phase_start(stage):
    _write(f"{stage.id} starts")


@hookimpl
def xh_phase_log(stage, entry):
    if "metric" in entry:
        _write(f"{stage.id} says {entry['lang']} {entry['metric']}")


@hookimpl
def xh_phase_end(stage, seconds):
    assert seconds > 0
    _write(f"{stage.id} ends")


@hookimpl
def xh_phase_error(stage, error):
    _write(f"{stage.id} fails: {error.what}")


def _write(line):
    if DIARY in os.environ:
        with Path(os.environ[DIARY]).open("a", encoding="utf-8") as diary:
            diary.write(line + "\n")


def _raise_if_told(hook):
    if os.environ.get(RAISE) == hook:
        raise RuntimeError(f"{hook} has had enough")
