"""A store that xh made before it wrote checksums: seven stages of schema 2, their models left out."""

import json
import shutil
from pathlib import Path

import pytest

from xh.cli.main import main
from xh.store import Store
from xh.store.litter import collect
from xh.store.record import LAYOUT

SCHEMA2 = Path(__file__).with_name("schema2")
TABLES = """
tatoeba · accuracy
           baseline          mnli
  de           77.5    80.0  +2.5
  fr           60.0    65.0  +5.0
  average      68.8    72.5  +3.8

xnli · accuracy
           baseline          mnli
  de          30.0≈   37.5≈  +7.5
  fr          35.0≈   35.0≈  ±0.0
  average     32.5≈   36.2≈  +3.8

averages
           baseline          mnli
  tatoeba     68.8    72.5   +3.8
  xnli        32.5≈   36.2≈  +3.8

difference of the averages · 95% interval over examples
                     mnli
  tatoeba    [±0.0, +8.8]
  xnli     [-16.2, +22.5]
"""
"""What that xh printed."""
SCORES = "evaluate-xnli-a1fa35f1da62/scores.json"


@pytest.fixture
def older(tmp_path):
    return shutil.copytree(SCHEMA2, tmp_path / "runs")


def cells(text):
    return [line.split() for line in text.splitlines() if line.strip()]


def test_it_is_reported_as_it_was(older, capsys):
    assert main(["report", "--runs", str(older)]) == 0
    out, err = capsys.readouterr()
    printed = cells(out)
    assert [line for line in cells(TABLES) if line not in printed] == []
    assert err == ""


def test_it_is_listed_and_verified(older, capsys):
    assert main(["store", "ls", "--json", "--runs", str(older)]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [stage["limit_eval"] for stage in listed] == [40] * 7
    assert {stage["schema"] for stage in listed} == {1}
    assert main(["store", "verify", "--runs", str(older)]) == 0
    out, err = capsys.readouterr()
    assert out == f"All 7 stages in {older} are complete.\n"
    assert "made by an older xh, without checksums: 7 stages." in err


def test_an_edited_score_is_found_all_the_same(older):
    path = older / "stages" / SCORES
    path.write_text(path.read_text().replace("37.5", "73.5", 1))
    said = "scores.json has accuracy 73.5000 for de; the examples give 37.5000"
    assert Store(older).verify() == {path.parent.name: [said]}


def test_whoever_writes_into_it_makes_it_a_store_of_now(older):
    assert json.loads((older / "store.json").read_text()) == {"schema": 1}
    assert len(list(Store.existing(older).records())) == 7
    assert json.loads((older / "store.json").read_text()) == {"schema": 1}
    Store.open(older)
    assert json.loads((older / "store.json").read_text()) == {"schema": LAYOUT}
    assert len(list(Store.existing(older).records())) == 7
    assert collect(Store(older)) == []
