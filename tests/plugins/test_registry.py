"""What plugins register, and what becomes of what does not fit."""

import sys

import pytest

from helpers.made_plugins import Plugin, make_task, register
from xh.api import EncoderSpec, Hub, KindSpec, TaskSpec
from xh.plugins import builtin
from xh.spec import UnavailableError, UsageError
from xh.spec.kinds import facts

SPLITS = {"train": "train", "test": "test"}
NONSENSE = {
    "raises": (lambda task: 1 / 0, "ZeroDivisionError: division by zero"),
    "exits": (lambda task: sys.exit("bye"), "SystemExit: bye"),
    "nothing": (lambda task: None, "TypeError: must return a list of TaskSpec, not NoneType"),
    "single": (lambda task: task("rain"), "TypeError: must return a list of TaskSpec, not TaskSpec"),
    "dict": (lambda task: [{"name": "rain"}], "TypeError: must return a list of TaskSpec, but it holds a dict"),
    "other": (lambda task: [EncoderSpec(name="rain", source="x")], "but it holds a EncoderSpec"),
    "field": (
        lambda task: [task("rain", languages="en")],
        "task 'rain': languages must be a tuple, not a str: write ('en',)",
    ),
    "choice": (lambda task: [task("rain", roles=("traget",))], "roles[0] can't be 'traget'. Did you mean 'target'?"),
    "absent": (lambda task: [task("rain", languages=None)], "task 'rain': languages must be a tuple, not None"),
    "nested": (lambda task: [task("rain", data=Hub("o/r", 3, SPLITS))], "task 'rain': data.revision must be a str"),
    "source": (lambda task: [task("rain", data="o/r")], "task 'rain': data must be Hub(…) or Files(…), not str"),
    "unordered": (lambda task: [task("rain", languages={"en"})], "task 'rain': languages must be a tuple, not a set"),
    "unknown": (
        lambda task: [TaskSpec(name="rain", license="MIT")],
        "TaskSpec 'rain' (test_registry.py, line ",
    ),
    "near": (lambda task: [TaskSpec(name="rain", license="MIT")], "no field 'license'. Did you mean 'licence'?"),
    "missing": (
        lambda task: [TaskSpec(name="rain", kind="classify", metric="accuracy")],
        "it needs roles, languages, data too",
    ),
    "unnamed": (lambda task: [EncoderSpec("rain")], "name each field, as in EncoderSpec(name=…)"),
    "setting": (
        lambda task: [task("rain", recipe={"learning_rat": 1e-5})],
        "'learning_rat', which is not a setting of kind 'classify'. Did you mean 'learning_rate'?",
    ),
    "setting of a variant": (
        lambda task: [task("rain", variants={"copy": {"old": {"recipe": {"epoch": 1}}}})],
        "recipe has 'epoch', which is not a setting of kind 'classify'. Did you mean 'epochs'?",
    ),
    "value": (lambda task: [task("rain", recipe={"epochs": "two"})], "recipe: epochs = 'two' is invalid"),
    "name": (lambda task: [task("Rain!")], "ValueError: task 'Rain!': a name is lower-case"),
    "colon": (lambda task: [task("xh:rain")], "ValueError: the name 'xh:rain' has a colon"),
    "steers": (
        lambda task: [task("rain", title="\x1b[2J")],
        "ValueError: the text '\\x1b[2J' holds control characters",
    ),
    "twice": (lambda task: [task("rain"), task("hail"), task("rain")], "ValueError: returns 'rain' more than once"),
}


@pytest.fixture
def weather(monkeypatch):
    """A registry with built-in and third-party tasks of several sorts."""
    return register(
        monkeypatch,
        Plugin("xh", "base", xh_tasks=lambda: [make_task("squad", kind="span", labels=(), roles=("intermediate",))]),
        Plugin(
            "xh-snow", xh_tasks=lambda: [make_task("snow", groups=("cold",), languages=("fi",)), make_task("twins")]
        ),
        Plugin(
            "xh-rain",
            xh_tasks=lambda: [make_task("rain", groups=("wet", "snow"), roles=("target",)), make_task("twins")],
        ),
        Plugin("xh-hail", "ice", on_load=lambda: sys.exit(1)),
    )


def names(rows) -> list[str]:
    return [name for name, _, _ in rows]


@pytest.mark.parametrize("how", NONSENSE)
def test_a_registration_that_goes_wrong_costs_one_line_and_that_plugins_records(monkeypatch, how):
    wrong, problem = NONSENSE[how]
    encoder = [EncoderSpec(name="bad", source="org/bad")]
    registry = register(
        monkeypatch,
        Plugin("xh-bad", xh_tasks=lambda: wrong(make_task), xh_encoders=lambda: encoder, xh_run_end=lambda: None),
        Plugin("xh-snow", xh_tasks=lambda: [make_task("snow")]),
    )
    (line,) = registry.warnings
    assert line.startswith("plugin xh-bad (bad) is left out: xh_tasks: ")
    assert problem in line
    assert names(registry.select()) == ["snow"]
    assert "bad" not in registry.encoders
    assert not registry.plugins.hook.xh_run_end.get_hookimpls()


def test_a_plugin_with_two_wrong_registrations_still_costs_one_line(monkeypatch):
    registry = register(monkeypatch, Plugin("xh-bad", xh_tasks=lambda: None, xh_encoders=lambda: None))
    assert registry.warnings == [
        "plugin xh-bad (bad) is left out: xh_tasks: TypeError: must return a list of TaskSpec, not NoneType"
    ]


def test_lists_are_as_good_as_tuples(monkeypatch):
    registry = register(
        monkeypatch, Plugin("xh-snow", xh_tasks=lambda: (make_task("snow", languages=["fi"], groups=["cold"]),))
    )
    assert registry.task("snow") == make_task("snow", languages=("fi",), groups=("cold",), dist="xh-snow")


def test_the_task_of_a_broken_plugin_is_not_available_and_the_reason_is_said(weather):
    for name in ("ice", "hail", "xh-hail:anything"):
        with pytest.raises(UnavailableError, match=f"Task '{name}' is not available") as caught:
            weather.task(name)
        assert caught.value.why == "Its plugin xh-hail 1.0 could not be loaded: SystemExit: 1"
    with pytest.raises(UnavailableError, match="There is no task 'sleet'"):
        weather.task("sleet")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["rain", "snow", "squad", "xh-rain:twins", "xh-snow:twins"]),
        ({"role": "intermediate"}, ["snow", "squad", "xh-rain:twins", "xh-snow:twins"]),
        ({"kind": "span"}, ["squad"]),
        ({"lang": "fi"}, ["snow"]),
        ({"group": "wet"}, ["rain"]),
        ({"group": "all", "role": "target", "lang": "de"}, ["rain", "xh-rain:twins", "xh-snow:twins"]),
        ({"group": "cold", "lang": "de"}, []),
    ],
)
def test_tasks_that_fit_all_filters_are_selected(weather, filters, expected):
    assert names(weather.select(**filters)) == expected


@pytest.mark.parametrize(
    ("filters", "what", "why"),
    [
        ({"role": "traget"}, "There is no role 'traget'.", "Did you mean 'target'?"),
        ({"kind": "clasify"}, "There is no kind 'clasify'.", "Did you mean 'classify'?"),
        ({"lang": "xx"}, "There is no language 'xx'.", ""),
        ({"group": "colt"}, "There is no group 'colt'.", "Did you mean 'cold'?"),
    ],
)
def test_a_filter_that_nothing_has_is_an_error_with_the_choices(weather, filters, what, why):
    with pytest.raises(UsageError) as caught:
        weather.select(**filters)
    assert (caught.value.what, caught.value.why) == (what, why)
    assert caught.value.todo.startswith("Known: ")


def test_a_kind_that_a_plugin_brings_can_be_asked_for(monkeypatch):
    registry = register(monkeypatch, snow())
    assert names(registry.select(kind="depth")) == ["snow"]


def snow(dist="xh-snow", kind="depth", **fields):
    """A plugin with a kind and a task of it."""
    spec = KindSpec(name=kind, code="xh_snow.kind:Depth", **fields)
    return Plugin(dist, xh_kinds=lambda: [spec], xh_tasks=lambda: [make_task(dist[3:], kind=kind, labels=())])


def test_a_task_is_held_to_the_facts_of_its_plugins_kind(monkeypatch):
    (broken,) = register(monkeypatch, snow(labelled=True)).plugins.broken
    assert "task 'snow': ValueError: task 'snow': kind 'depth' needs at least two different labels" in broken.problem


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"like": "snow"}, "like='snow' is not a built-in kind"),
        ({"code": "Depth"}, "code 'Depth' is not of the form module:Class"),
        ({"recipe": dict}, "is not a record of settings"),
    ],
)
def test_a_kinds_record_says_what_is_wrong_with_it(fields, problem):
    with pytest.raises(ValueError, match=problem):
        KindSpec(**({"name": "depth"} | fields))


def test_a_kind_that_nobody_has_costs_its_task_and_says_what_there_is(monkeypatch):
    registry = register(
        monkeypatch, Plugin("xh-snow", xh_tasks=lambda: [make_task("snow", kind="clasify")]), built_in()
    )
    (broken,) = registry.plugins.broken
    for text in ("task 'snow'", "There is no kind 'clasify'.", "Did you mean 'classify'?"):
        assert text in broken.problem
    assert "snow" not in registry.tasks


def built_in():
    return Plugin("xh", "builtin", xh_kinds=builtin.xh_kinds)


def test_a_built_in_kind_can_not_be_shadowed(monkeypatch):
    shadow = Plugin(
        "xh-snow",
        xh_kinds=lambda: [KindSpec(name="classify", code="xh_snow:Depth")],
        xh_tasks=lambda: [make_task("snow")],
    )
    registry = register(monkeypatch, built_in(), shadow)
    assert registry.tasks.get("snow").kind == "classify"
    assert facts("classify").code == "xh.kinds.classify:Classify"
    assert registry.warnings == [
        "kind 'classify' comes from xh and xh-snow: say <distribution>:classify; classify alone is the built-in one"
    ]


def test_of_two_kinds_of_one_name_each_task_has_its_own_distributions(monkeypatch):
    other = Plugin("xh-rain", xh_tasks=lambda: [make_task("rain", kind="depth", labels=())])
    registry = register(monkeypatch, snow(), snow("xh-ice"), other)
    kinds = {name: registry.tasks.get(name).kind for name in ("snow", "ice")}
    assert kinds == {"snow": "xh-snow:depth", "ice": "xh-ice:depth"}
    (broken,) = registry.plugins.broken
    assert "Say xh-ice:depth or xh-snow:depth." in broken.problem


def test_a_clash_of_kinds_changes_nothing_that_names_a_stage(monkeypatch):
    found = {}
    for plugins in ([snow()], [snow(), snow("xh-ice")]):
        kind = register(monkeypatch, *plugins).tasks.get("snow").kind
        found[kind] = facts(kind).identity
    assert found == {"depth": "xh-snow:depth", "xh-snow:depth": "xh-snow:depth"}


def test_a_group_can_not_take_the_name_of_a_task(weather):
    assert weather.groups() == ["all", "cold", "wet"]


def test_collisions_are_warned_of(monkeypatch):
    registry = register(
        monkeypatch,
        Plugin("xh", "base", xh_tasks=lambda: [make_task("squad")]),
        Plugin("xh-snow", xh_tasks=lambda: [make_task("squad"), make_task("twins")]),
        Plugin("xh-rain", xh_tasks=lambda: [make_task("twins")]),
    )
    assert registry.warnings == [
        "task 'squad' comes from xh and xh-snow: say <distribution>:squad; squad alone is the built-in one",
        "task 'twins' comes from xh-rain and xh-snow: say <distribution>:twins",
    ]


def test_a_task_knows_the_distribution_that_registers_it(monkeypatch):
    registry = register(
        monkeypatch,
        Plugin("xh", "base", xh_tasks=lambda: [make_task("squad")]),
        Plugin("xh-snow", xh_tasks=lambda: [make_task("squad"), make_task("snow", dist="xh-other")]),
    )
    assert [(claim.record.dist, claim.record.full_name) for _, claim in registry.tasks] == [
        ("xh-snow", "xh-snow:snow"),
        ("", "squad"),
        ("xh-snow", "xh-snow:squad"),
    ]


def test_what_a_task_is_trained_on_is_its_own_plugins_where_others_claim_the_name(monkeypatch):
    def both(*more):
        return lambda: [make_task("twins"), make_task("squad"), *more]

    registry = register(
        monkeypatch,
        Plugin("xh", "base", xh_tasks=lambda: [make_task("squad")]),
        Plugin("xh-snow", xh_tasks=both(make_task("cold", train_from="twins"), make_task("cool", train_from="squad"))),
        Plugin("xh-rain", xh_tasks=both()),
    )
    assert registry.settled(registry.task("cold")).train_from == "xh-snow:twins"
    assert registry.settled(registry.task("cool")).train_from == "squad"


def test_what_each_plugin_registers_is_known(weather):
    found = {weather.plugins.found[number].dist: names for number, names in weather.registered.items()}
    assert found == {
        "xh": {"task": ["squad"]},
        "xh-snow": {"task": ["snow", "twins"]},
        "xh-rain": {"task": ["rain", "twins"]},
    }


def test_names_that_the_same_distributions_claim_are_one_warning(monkeypatch):
    both = [make_task("twins", aliases=("pair",)), make_task("ice")]
    registry = register(monkeypatch, Plugin("xh-snow", xh_tasks=lambda: both), Plugin("xh-rain", xh_tasks=lambda: both))
    assert registry.warnings == ["task 'ice', 'pair' and 'twins' come from xh-rain and xh-snow: say <distribution>:ice"]
