"""Who gets a name that is asked for."""

import pytest

from helpers.made_plugins import make_task
from xh.plugins.names import Names
from xh.spec import AmbiguousError, UnavailableError
from xh.spec.errors import did_you_mean


@pytest.fixture
def names() -> Names:
    found = Names("task", "xh list-tasks shows them all.")
    found.add("xh", make_task("squad", aliases=("squad_v1",)))
    found.add("xh-a", make_task("squad", title="another"))
    found.add("xh-a", make_task("twins"))
    found.add("xh-b", make_task("twins", title="the other", aliases=("pair",)))
    return found


def test_a_built_in_name_stays_the_built_in_one(names):
    assert names.get("squad").title == ""
    assert names.get("xh:squad").title == ""
    assert names.get("xh-a:squad").title == "another"


def test_a_built_in_alias_stays_the_built_in_one(names):
    names.add("xh-a", make_task("squad_v1", title="another"))
    names.add("xh-b", make_task("other", title="another", aliases=("squad",)))
    assert names.get("squad_v1").title == names.get("squad").title == ""
    assert names.get("xh-a:squad_v1").title == names.get("xh-b:squad").title == "another"


def test_a_name_of_two_third_parties_has_to_be_said_in_full(names):
    with pytest.raises(AmbiguousError, match="Task 'twins' comes from xh-a and xh-b") as caught:
        names.get("twins")
    assert caught.value.todo == "Say xh-a:twins or xh-b:twins."
    assert names.get("xh-b:twins").title == "the other"
    assert "twins" in names


def test_an_alias_of_two_third_parties_has_to_be_said_in_full(names):
    names.add("xh-a", make_task("couple", aliases=("pair",)))
    with pytest.raises(AmbiguousError, match="'pair' comes from xh-b and xh-a"):
        names.get("pair")
    assert names.get("xh-a:pair").name == "couple"


def test_an_alias_gets_the_record(names):
    assert names.get("pair") == names.get("xh-b:twins")


@pytest.mark.parametrize("wrong", ["sqad", "squad_v2", "xh-c:squad"])
def test_the_nearest_names_are_named(names, wrong):
    with pytest.raises(UnavailableError, match=f"There is no task '{wrong}'") as caught:
        names.get(wrong)
    assert "'squad'" in caught.value.why
    assert caught.value.todo == "xh list-tasks shows them all."
    assert wrong not in names


def test_iteration_gives_the_shortest_name_that_gets_each(names):
    assert [name for name, _ in names] == ["squad", "xh-a:squad", "xh-a:twins", "xh-b:twins"]
    for name, claim in names:
        assert names.get(name) == claim.record


def test_a_record_bears_the_name_that_gets_it_so_that_two_never_bear_the_same(names):
    assert [claim.record.name for _, claim in names] == [name for name, _ in names]
    assert names.get("squad").name == "squad"
    assert names.get("xh-a:squad").name == "xh-a:squad"


def test_collisions_are_listed(names):
    assert list(names.collisions()) == [(["squad"], ("xh", "xh-a")), (["twins"], ("xh-a", "xh-b"))]


def test_nothing_is_meant_where_nothing_is_near():
    assert did_you_mean("zebra", ["squad", "xnli"]) == ""
    assert did_you_mean("xnIi", ["squad", "xnli"]) == "Did you mean 'xnli'?"
