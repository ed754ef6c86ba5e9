"""What encoder and data are called: never by where they lie on a machine."""

from pathlib import Path

import pytest

from helpers.shelf import make_task
from xh.data.encoder import Encoder
from xh.data.labels import data_label, encoder_label
from xh.results import formats
from xh.results.rows import collect
from xh.results.view import View

FORMATS = ("table", "markdown", "html", "latex", "csv", "json")


def test_a_folder_is_called_by_its_last_name_and_its_content(tmp_path):
    folder = tmp_path / "models" / "xlmr"
    folder.mkdir(parents=True)
    found = Encoder(name=str(folder), source=str(folder.resolve()), identity="sha256:0123456789abcdef")
    assert encoder_label(found) == "xlmr@sha256:01234567"


def test_a_relative_folder_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("models/xlmr").mkdir(parents=True)
    found = Encoder(name="models/xlmr", source=str(Path("models/xlmr").resolve()), identity="sha256:0123456789abcdef")
    assert encoder_label(found) == "xlmr@sha256:01234567"


@pytest.mark.parametrize("name", ["mini", "xlm-roberta-base", "org/model", "org/model@main"])
def test_names_and_hub_ids_are_kept(name, tmp_path):
    assert encoder_label(Encoder(name=name, source=str(tmp_path / "elsewhere"), identity="sha256:1")) == name


def test_data_are_called_hub_sample_or_a_folder():
    assert [data_label(name) for name in ("hub", "sample", "/home/me/data", "mirror")] == [
        "hub",
        "sample",
        "folder",
        "folder",
    ]


@pytest.fixture
def older(shelf):
    """Evaluations whose records have paths, as older ones do: two encoders of one name, two folders of data."""

    def put(encoder, identity, **inputs):
        label = {"encoder": encoder, "data": "/home/somebody/secret"}
        shelf.evaluate(make_task("pairs", "bitext"), {"de": 60.0, "fr": 61.0}, encoder=identity, label=label, **inputs)

    put("/home/somebody/a/xlmr", "sha256:aaaaaaaaaaaa")
    put("/home/somebody/b/xlmr", "sha256:bbbbbbbbbbbb")
    put("~/c/xlmr", "sha256:cccccccccccc")
    return collect(shelf.store)


def test_folders_of_one_name_are_told_apart(older):
    names = {row.protocol["encoder"] for row in older.rows}
    assert names == {"xlmr@sha256:aaaaaaaa", "xlmr@sha256:bbbbbbbb", "xlmr@sha256:cccccccc"}
    assert "encoder xlmr@sha256:aaaaaaaa, xlmr@sha256:bbbbbbbb, xlmr@sha256:cccccccc" in formats.table(older)


@pytest.mark.parametrize("name", FORMATS)
def test_no_report_has_a_local_path(older, name):
    render = getattr(formats, name)
    text = render(older) if name in ("csv", "json") else render(older, View(notes=True, appendix=True))
    assert "xlmr@sha256:aaaaaaaa" in text.replace(r"\_", "_")
    assert not [word for word in ("/home", "somebody", "secret", "~") if word in text]


def test_data_in_two_folders_are_told_apart_by_their_content(shelf):
    for content in ("1", "2"):
        data = {"pairs/test/de": f"sha256:{content}"}
        shelf.evaluate(make_task("pairs", "bitext"), {"de": 60.0}, data=data, label={"data": f"/data/{content}"})
    captions = {line for line in formats.table(collect(shelf.store)).splitlines() if "data folder@sha256:" in line}
    assert len(captions) == 2
