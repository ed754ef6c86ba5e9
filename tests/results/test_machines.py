"""A difference between stages that were made in unlike ways says so."""

import msgspec
import pytest

from helpers.shelf import make_task
from xh.results import formats
from xh.results.machines import described, unlike
from xh.results.rows import collect
from xh.spec import Inputs, Machine, Purpose, Stage
from xh.store import Record
from xh.store.record import encoded

CPU = {"device": "cpu", "processor": "EPYC", "precision": "fp32", "threads": 8}


PHASES = ("intermediate", "target", "evaluate")


def record(phase="evaluate", **machine) -> Record:
    inputs = Inputs(phase=phase, encoder="", tasks={}, languages=(), data={}, recipe={})
    label = Purpose(inter="none", target="t", encoder="mini", profile="mini", data="sample")
    known = msgspec.structs.replace(Machine(**CPU), **machine)
    return Record(stage=Stage(task="t", inputs=inputs, purpose=label), files={}, machine=known)


def records(machines) -> list[Record]:
    """The last phases, on these machines."""
    return [record(phase, **machine) for phase, machine in zip(PHASES[3 - len(machines) :], machines, strict=True)]


CUDA = {"device": "cuda"}


@pytest.mark.parametrize(
    ("chain", "baseline", "found"),
    [
        ([{}], [{}], ()),
        ([{"precision": "bf16"}], [{}], ("precision bf16, baseline fp32",)),
        ([{"precision": "bf16"}, {}], [{}], ("precision bf16 and fp32, baseline fp32",)),
        ([{}, {}], [{"precision": "bf16"}, {}], ("precision fp32, baseline bf16 and fp32",)),
        (
            [{"device": "cuda", "precision": "bf16"}],
            [{}],
            ("precision bf16, baseline fp32", "device cuda, baseline cpu"),
        ),
        ([{"processor": "Xeon", "threads": 2}], [{}], ()),
        ([{"precision": ""}, {}], [{}], ()),
        ([{"precision": "bf16"}], [{"precision": ""}], ()),
        ([{"precision": "bf16"}, {}], [], ()),
        ([CUDA, CUDA, {}], [CUDA, {}], ()),
        ([{}, CUDA, {}], [CUDA, {}], ()),
        ([CUDA, {}], [{}, CUDA], ("device cuda and cpu, baseline cpu and cuda",)),
        ([CUDA, {}, {}], [{}, {}], ("device cuda and cpu, baseline cpu",)),
    ],
)
def test_unlike_is_what_was_made_in_another_precision_or_on_another_kind_of_device(chain, baseline, found):
    assert unlike(records(chain), records(baseline)) == found


def test_what_is_not_known_is_not_described():
    assert described(record(precision="")) == {"device": "cpu", "processor": "EPYC"}
    assert described(msgspec.structs.replace(record(), machine=Machine())) == {}


def make_on(shelf, stage: str, **machine) -> str:
    """Have a stage in the store be made on another machine."""
    path = shelf.store.folder(stage) / "stage.json"
    record = msgspec.structs.replace(shelf.store.record(stage), machine=Machine(**(CPU | machine)))
    path.write_text(encoded(record))
    return stage


@pytest.fixture
def store(shelf):
    """XNLI after MNLI, trained in bf16; its baseline was in fp32. BUCC is alike throughout."""
    xnli, mnli, bucc = make_task("xnli"), make_task("mnli"), make_task("bucc", kind="bitext")
    values = {"de": 60.0, "fr": 50.0}
    base = make_on(shelf, shelf.evaluate(xnli, values, parent=make_on(shelf, shelf.train("target", xnli))))
    first = make_on(shelf, shelf.train("intermediate", mnli, inter="mnli"), precision="bf16")
    second = make_on(shelf, shelf.train("target", xnli, inter="mnli", parent=first), precision="bf16")
    last = shelf.evaluate(xnli, values, inter="mnli", parent=second, label={"baseline": base})
    make_on(shelf, last, precision="bf16", processor="Xeon")
    base = make_on(shelf, shelf.evaluate(bucc, values))
    make_on(shelf, shelf.evaluate(bucc, values, inter="mnli", parent=first, seed=None, label={"baseline": base}))
    return shelf.store


def test_rows_say_what_they_were_made_on_and_where_the_baseline_was_made_otherwise(store):
    rows = {(row.target, row.inter): row.protocol for row in collect(store).rows if row.lang == "de"}
    found = rows["xnli", "mnli"]
    assert (found["device"], found["processor"], found["precision"]) == ("cpu", "Xeon", "bf16")
    assert found["unlike"] == ("precision bf16, baseline fp32",)
    assert rows["bucc", "mnli"]["unlike"] == ("precision bf16 and fp32, baseline fp32",)
    assert rows["xnli", "none"]["precision"] == "fp32"
    assert not [name for name in (("xnli", "none"), ("bucc", "none")) if "unlike" in rows[name]]


def test_a_note_says_so_below_the_table(store):
    lines = " ".join(formats.markdown(collect(store)).split())
    assert "Difference between stages computed differently: precision bf16, baseline fp32 (xnli)." in lines
    assert "precision bf16 and fp32, baseline fp32 (bucc)." in lines


def test_stages_of_an_older_xh_are_like_any(shelf):
    xnli = make_task("xnli")
    base = make_on(shelf, shelf.evaluate(xnli, {"de": 60.0}))
    shelf.evaluate(xnli, {"de": 61.0}, inter="mnli", label={"baseline": base}, parent=shelf.train("target", xnli))
    results = collect(shelf.store)
    assert not [row for row in results.rows if "unlike" in row.protocol]
    assert "unlike" not in formats.table(results)


def test_an_average_of_languages_that_were_tested_in_unlike_ways_says_so(shelf):
    target = make_task("t")
    make_on(shelf, shelf.evaluate(target, {"de": 50.0}))
    make_on(shelf, shelf.evaluate(target, {"fr": 50.0}), precision="bf16")
    assert "Average over different precision: bf16 and fp32 (t, none)." in formats.table(collect(shelf.store))
