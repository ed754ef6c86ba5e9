"""The courses of trainings: read from logs, joined over seeds, drawn with their numbers beside them."""

import json

import msgspec
import pytest
from msgspec.structs import replace

from helpers.page_reader import parsed
from helpers.planted import arm, over
from helpers.shelf import make_task
from xh.results import formats
from xh.results.page.trainings import ROWS, courses
from xh.results.records import Results
from xh.results.rows import collect
from xh.results.training_log import TrainingLog
from xh.results.trainings import MOST
from xh.results.view import View

LINES = [
    {"machine": {"device": "cpu"}},
    {"step": 0, "steps": 20},
    {"step": 10, "steps": 20, "epoch": 1.0, "loss": 1.5, "learning_rate": 0.1},
    {"step": 10, "steps": 20, "dev": {"accuracy": 40.0, "f1": 30.0}, "others": {"target-dev": {"accuracy": 1.0}}},
    {"message": "too little memory: 4 of 8 inputs at once"},
    {"step": 20, "steps": 20, "loss": 0.5},
    {"step": 20, "steps": 20, "dev": {"accuracy": 38.0, "f1": 35.0}},
]
FACTS = {"policies": {"english-dev": {"folder": "model", "step": 10, "dev": {}}}}
RECIPE = {"select": "english-dev"}


def log(**fields):
    known = {"phase": "intermediate", "task": "mnli", "inter": "mnli", "targets": ("xnli",), "seed": 1, "stage": "s-1"}
    return TrainingLog(**known | {"loss": ((10, 1.5), (20, 0.5)), "dev": ((20, {"accuracy": 40.0}),)} | fields)


def log_training(shelf, lines, seeds=(1,), facts=FACTS):
    """What is known of a store in which a target was evaluated after an intermediate training with this log."""
    for seed in seeds:
        inter = shelf.train("intermediate", make_task("i"), inter="i", seed=seed, log=lines, facts=facts, recipe=RECIPE)
        parent = shelf.train("target", make_task("t"), inter="i", seed=seed, parent=inter)
        shelf.evaluate(make_task("t"), {"de": 51.0}, inter="i", parent=parent)
    return collect(shelf.store)


def test_losses_and_dev_evaluations_are_read_from_the_log(shelf):
    (found,) = log_training(shelf, "".join(json.dumps(line) + "\n" for line in LINES)).trainings
    assert (found.phase, found.task, found.inter, found.targets, found.seed) == ("intermediate", "i", "i", ("t",), 1)
    assert found.loss == ((10, 1.5), (20, 0.5))
    assert found.dev == ((10, {"accuracy": 40.0, "f1": 30.0}), (20, {"accuracy": 38.0, "f1": 35.0}))
    assert found.selected == 10


@pytest.mark.parametrize("text", [None, "", "\n", '{"machine": {}}\n', '{"step": 1, "loss": NaN}\n{"step": 2, "lo'])
def test_a_log_that_is_not_there_or_says_nothing_is_no_training(shelf, text):
    assert log_training(shelf, text).trainings == ()


@pytest.mark.parametrize("facts", [{}, {"policies": "?"}, {"policies": {"english-dev": 3}}])
def test_an_older_store_does_not_say_what_was_kept(shelf, facts):
    (found,) = log_training(shelf, '{"step": 1, "loss": 2.0}\n', facts=facts).trainings
    assert found.selected is None and found.loss == ((1, 2.0),)


def test_of_a_long_training_means_are_kept(shelf):
    text = "".join(json.dumps({"step": step, "loss": float(step)}) + "\n" for step in range(1, 1001))
    (found,) = log_training(shelf, text).trainings
    assert len(found.loss) <= MOST and found.loss[0] == (17, 9.0) and found.loss[-1][0] == 1000


def test_they_are_written_as_json_and_read_again(shelf):
    found = log_training(shelf, '{"step": 1, "loss": 2.0}\n', seeds=(1, 2))
    assert msgspec.json.decode(formats.json(found), type=Results) == found
    assert len(found.trainings) == 2


def test_seeds_are_lines_of_one_picture_and_columns_of_one_table():
    (course,) = courses([log(), log(seed=2, stage="s-2", loss=((10, 1.1), (20, 0.9)), selected=20)])
    assert course.said == "mnli · loss 1.30 → 0.70 · dev accuracy 40.0 · kept after step 20"
    assert course.grid.columns == ("loss seed 1", "loss seed 2", "accuracy seed 1", "accuracy seed 2")
    assert [[line.name, *(entry.text for entry in line.entries)] for line in course.grid.lines] == [
        ["10", "1.500", "1.100", "–", "–"],
        ["20", "0.500", "0.900", "40.0", "40.0"],
    ]
    assert [picture.title for picture in course.pictures] == ["mnli · loss", "mnli · dev accuracy"]
    assert all("".join(picture.drawn).count('class="line"') == 2 for picture in course.pictures)


def test_a_target_says_what_came_before_it_and_what_differs_stands_apart():
    logs = [log(phase="target", inter=inter, targets=("xnli", "pawsx"), stage=inter) for inter in ("none", "mnli")]
    assert [course.said.partition(" · loss")[0] for course in courses([*logs, log()])] == [
        "mnli", "baseline → xnli, pawsx", "mnli → xnli, pawsx"
    ]  # fmt: skip
    steps = [log(phase="target", task=task, stage=task) for task in ("siqa", "copa")]
    assert [course.said.partition(" · loss")[0] for course in courses(steps)] == [
        "mnli → xnli · siqa", "mnli → xnli · copa"
    ]  # fmt: skip
    twice = courses([log(), log(stage="s-2")])[0].grid.columns
    assert twice[:2] == ("loss seed 1 s-1", "loss seed 1 s-2")


def test_the_page_folds_each_and_many_once_more():
    few = parsed(page(log()))
    many = parsed(page(*(log(inter=f"i{number}", stage=f"s-{number}") for number in range(9))))
    assert len(many.all("details")) - len(few.all("details")) == 9 + 1 - 1
    assert "Intermediate trainings (9)" in many.texts
    assert {"href": "#trainings"} in many.all("a") and [each for each in many.all("h2") if each.get("id")]


def page(*logs):
    return formats.html(replace(arm(over(3, 1.0)), trainings=logs))


def test_a_view_that_was_asked_for_stands_without_them():
    assert "mnli · loss" not in formats.html(replace(arm(over(3, 1.0)), trainings=(log(),)), View(views=("table",)))


def test_many_long_trainings_are_small_enough():
    loss = tuple((step, 1 / step) for step in range(1, MOST + 1))
    logs = [log(inter=f"i{n % 99}", seed=n // 99, stage=f"s-{n}", loss=loss) for n in range(297)]
    assert sum(len(course.grid.lines) for course in courses(logs)) <= 1.2 * ROWS
    assert len(page(*logs).encode()) < 800_000


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"' onload='alert(1)", "a\u202eb\x1b[31m\n"])
def test_names_of_tasks_and_metrics_are_only_text(name):
    found, ordinary = (
        parsed(page(log(inter=each, targets=(each,), phase="target", dev=((20, {each: 40.0}),))))
        for each in (name, "name")
    )
    assert [(tag, [*attributes]) for tag, attributes in found.tags] == [
        (tag, [*attributes]) for tag, attributes in ordinary.tags
    ]
    assert found.scripts == ordinary.scripts
    assert not [text for text in found.texts if {"\u202e", "\x1b"} & {*text}]
