"""Bringing data and encoders from the Hub for a run, with the real client against a stand-in on loopback."""

import json

import pytest

from helpers.standin import Hub
from xh.spec import Files, Locations, MissingError, TaskSpec

TATOEBA = ("run", "--inter", "none", "--target", "tatoeba", "--langs", "de", "--limit-eval", "8", "--json")


def test_a_run_fetches_what_it_needs(hub: Hub, call):
    done = call(*TATOEBA, "--data", "hub", "--model", "someone/encoder")
    assert done.returncode == 0, done.stderr
    assert [row["n"] for row in json.loads(done.stdout)["rows"]] == [8]
    asked = hub.downloads()
    assert any("someone/encoder" in name for name in asked)
    assert not any("tatoeba.fra" in name for name in asked), "only what the plan needs is fetched"


@pytest.mark.parametrize(("words", "variables"), [(["--offline"], {}), ([], {"HF_HUB_OFFLINE": "1"})])
def test_offline_with_an_empty_cache_names_everything_that_is_missing(hub: Hub, call, words, variables):
    done = call(*TATOEBA, "--data", "hub", "--model", "a/b", *words, **variables)
    assert done.returncode == 6
    assert "tatoeba test de: google/xtreme@ec5f1f46e9af is not in the cache" in done.stderr
    assert "encoder a/b: a/b@main is not in the cache" in done.stderr
    assert "Traceback" not in done.stderr and not hub.seen


def test_a_repository_that_is_not_there_is_one_line(hub: Hub, call):
    done = call("run", "--target", "tatoeba,xnli", "--langs", "de,fr,zh", "--data", "hub", "--model", "no/such")
    assert done.returncode == 6
    lines = [line for line in done.stderr.splitlines() if line.startswith("  - ")]
    assert [line.partition(":")[0] for line in lines] == [
        "  - encoder no/such",
        "  - mnli train en",
        "  - xnli dev en; xnli test de, fr, zh",
    ]
    assert "Traceback" not in done.stderr


def test_an_archive_is_downloaded_unpacked_and_kept(hub: Hub, tmp_path, monkeypatch):
    from xh.data import fetch
    from xh.data.locate import locate
    from xh.plugins import registry

    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "cache"))
    bucc = registry().task("bucc")
    assert isinstance(bucc.data, Files)
    url = f"{hub.address}/files/bucc2018-{{lang}}-en.{{split}}-gold.tar.bz2"
    fields = {name: getattr(bucc, name) for name in TaskSpec.__struct_fields__}
    data = Files(bucc.data.paths, bucc.data.splits, url=url, reader=bucc.data.reader)
    task, locations = TaskSpec(**fields | {"data": data}), Locations(store="")
    for _ in range(2):
        assert not fetch.bring([fetch.SourceSplit(data, "test", "de")])
    paths = locate(task, "test", "de", locations)
    assert [path.name for path in paths] == ["de-en.training.de", "de-en.training.en", "de-en.training.gold"]
    assert all(path.is_file() for path in paths)
    assert hub.downloads() == ["files/bucc2018-de-en.training-gold.tar.bz2"]
    problems = fetch.bring([fetch.SourceSplit(data, "test", "fr")])
    assert list(problems) == [url.format(lang="fr", split="training")]
    with pytest.raises(MissingError, match="fr-en"):
        locate(task, "test", "fr", locations)
