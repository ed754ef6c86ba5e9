"""What a task's record must be."""

import msgspec
import pytest

from xh.spec import Files, Hub, TaskSpec

PROBLEMS = [
    ({"name": "Snow fall"}, "a name is lower-case letters, digits, - and _"),
    ({"name": "xh-a:"}, "a name is lower-case letters, digits, - and _"),
    ({"name": "none"}, "none can't be a task's name"),
    ({"aliases": ("all",)}, "all can't be a task's name"),
    ({"roles": ()}, "roles is empty"),
    ({"languages": ()}, "languages is empty"),
    ({"labels": ()}, "kind 'classify' needs at least two different labels"),
    ({"labels": ("yes", "yes")}, "kind 'classify' needs at least two different labels"),
    ({"columns": {"text": "sentence"}}, "kind 'classify' has no column text"),
    ({"data": Files(paths=(), splits={"test": "test"})}, "an intermediate task needs a train split"),
    ({"data": Files(paths=(), splits={"train": "train"})}, "a target task needs a test split"),
    ({"data": ()}, "data is empty"),
    (
        {"data": (Files((), {"train": "a", "test": "b"}), Files((), {"test": "test"}))},
        "an intermediate task needs a train split",
    ),
    (
        {"data": Files(paths=(), splits={"test": "test"}), "roles": ("target",)},
        "a target task of this kind needs train_from or a train split of its own",
    ),
    (
        {"kind": "rank", "labels": (), "pool": Files(paths=("all.jsonl",), splits={"test": "all"})},
        "a target task of kind 'rank' needs a pool with the split candidates",
    ),
]


@pytest.mark.parametrize(("changes", "problem"), PROBLEMS)
def test_a_record_says_what_is_wrong_with_it(fields, changes, problem):
    with pytest.raises(ValueError, match=r"^task '") as caught:
        TaskSpec(**(fields | changes))
    assert problem in str(caught.value)


def test_all_problems_are_said_at_once(fields):
    with pytest.raises(ValueError, match=r"task 'Snow': a name is .*; roles is empty; languages is empty; kind"):
        TaskSpec(**(fields | {"name": "Snow", "roles": (), "languages": (), "labels": ()}))


def test_an_unknown_field_is_an_error(fields):
    with pytest.raises(TypeError, match="licence_url"):
        TaskSpec(**fields, licence_url="https://…")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "depth", "columns": {"anything": "goes"}, "labels": ()},
        {"roles": ("target",), "train_from": "rain", "data": Files(paths=(), splits={"test": "test"})},
        {"kind": "bitext", "labels": (), "roles": ("target",), "data": Files(paths=(), splits={"test": "test"})},
    ],
    ids=["own kind", "trained on another task", "never trained"],
)
def test_a_record_that_validates(fields, changes):
    assert TaskSpec(**(fields | changes))


def test_a_record_survives_json(fields):
    task = TaskSpec(**(fields | {"data": Hub("org/snow", "0" * 40, {"train": "train", "test": "test"})}))
    assert msgspec.json.decode(msgspec.json.encode(task), type=TaskSpec) == task


def test_the_folder_is_the_official_name_where_there_is_one(fields):
    assert TaskSpec(**fields).folder == "snow"
    assert TaskSpec(**fields, official="snow2018").folder == "snow2018"


OUTSIDE = ["/etc", "..", "../up", "a/../../up", "a/..", "/", "a/", "a//b", "", ".", "a\0b", "..\\up"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_record_writes_outside_its_stage(fields, name):
    with pytest.raises(ValueError, match="the name of a folder"):
        TaskSpec(**fields, official=name)
    with pytest.raises(ValueError, match="the name of a folder"):
        TaskSpec(**fields, variants={"rules": {"own": {}, "theirs": {"official": name}}})
    with pytest.raises(ValueError, match="can't be part of a file's name"):
        TaskSpec(**(fields | {"languages": ("en", name)}))


@pytest.mark.parametrize("name", ["../up", "..:up", "a/b:up", "/up", "up/", "", "x:", "x:.."])
def test_a_tasks_name_leads_nowhere(fields, name):
    """Not even one with a distribution before it: a stage's folder bears it."""
    try:
        task = TaskSpec(**(fields | {"name": name}))
    except ValueError:
        return
    assert set("/\\\0") & set(task.name) == set()
    assert task.folder == "up"


def test_a_folder_may_lie_in_another(fields):
    assert TaskSpec(**fields, official="snow/2018.v1").folder == "snow/2018.v1"


def test_official_rows_are_one_number_or_one_per_language(fields):
    task = TaskSpec(**fields, rows={"train": 100, "test": {"fi": 20}})
    assert task.official_rows("train", "en") == 100
    assert task.official_rows("test", "fi") == 20
    assert task.official_rows("test", "en") is None
    assert task.official_rows("dev", "fi") is None


@pytest.mark.parametrize(
    "data",
    [
        Hub("../../etc", "main", {"train": "train", "test": "test"}),
        Hub("org/set", "main", {"train": "train", "test": "../../test"}),
        Hub("org/set", "main", {"train": "train", "test": "test"}, config="../{lang}"),
        Hub("org/set", "main", {"train": "train", "test": "test"}, codes={"de": ".."}),
        Files(("/etc/passwd",), {"train": "train", "test": "test"}),
    ],
    ids=str,
)
def test_data_lie_below_their_folder(fields, data):
    with pytest.raises(ValueError, match="is not a place below the data folder"):
        TaskSpec(**(fields | {"data": data}))


@pytest.mark.parametrize("text", ["{", "{0}", "{other}", "{lang.nothing}"])
def test_only_language_and_split_are_filled_in(fields, text):
    with pytest.raises(ValueError, match="can't be filled in"):
        TaskSpec(**(fields | {"data": Files((text,), {"train": "train", "test": "test"})}))
