"""Mewsli-X: the authors' records as queries and candidates, from the Hub's copy and from what their script makes."""

import json
import shutil
import tarfile

import pytest

import xh
from helpers.running import worker_here
from xh.mini import SAMPLE
from xh.plan.settings import Profile
from xh.plan.variants import varied
from xh.spec import MissingError
from xh_tasks import mewslix

TEXT = "It rained. The {old} mill of Ost burnt down. Nobody was there."
SPANS = [{"start": 0, "end": 10}, {"start": 11, "end": 44}, {"start": 45, "end": 62}]
CONTEXT = {"language": "de", "text": TEXT, "sentence_spans": SPANS}
CANDIDATES = SAMPLE / "izhx/mewsli-x/candidate_entities/test.jsonl"


def mention(**fields):
    return {"example_id": "a", "mention_span": {"start": 21, "end": 25, "text": "mill"}, "entity_id": "Q1\n"} | fields


def written(path, *records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def official(folder):
    """A folder as the authors' script leaves it, with the sample's records."""
    shutil.copytree(SAMPLE / "mewslix", folder / "mewslix")
    shutil.copyfile(CANDIDATES, folder / "mewslix/candidate_set_entities.jsonl")
    return folder


def test_a_mention_is_asked_for_in_its_sentence(tmp_path):
    path = written(tmp_path / "m.jsonl", {"context": CONTEXT, "mentions": [mention(), mention(example_id="b")]})
    found = mewslix.mentions([path], "de")
    assert [row["id"] for row in found] == ["a", "b"]
    assert found[0]["query"] == "mill: The (old) { mill } of Ost burnt down."
    assert found[0]["match"] == ["Q1"] and not mewslix.mentions([path], "en")


def test_a_pair_has_the_sentences_of_the_description(tmp_path):
    entity = {"entity_id": "Q2", "title": "Mill", "description": "A mill.  It  grinds. ", "sentence_spans": []}
    pair = {"contextual_mention": {"context": CONTEXT, "mention": mention()}, "entity": entity}
    (found,) = mewslix.mentions([written(tmp_path / "p.jsonl", pair)], "de")
    assert found["candidate"] == "A mill. It grinds." and found["query"].startswith("mill: ")
    spans = [{"start": 0, "end": 7}, {"start": 9, "end": 20}]
    (candidate,) = mewslix.entities([written(tmp_path / "e.jsonl", entity | {"sentence_spans": spans})])
    assert candidate == {"id": "Q2", "candidate": "A mill. It grinds.", "match": ["Q2"]}


def test_a_test_set_without_its_answers_is_refused(tmp_path):
    path = written(tmp_path / "m.jsonl", {"context": CONTEXT, "mentions": [mention(entity_id="")]})
    with pytest.raises(MissingError, match="Mention a has no entity: XTREME's own copy leaves them out"):
        mewslix.mentions([path], "de")


def test_both_layouts_have_the_same_rows(sample, tasks, tmp_path):
    task = tasks["mewslix"]
    there = type(sample)(official(tmp_path))
    made = varied(task, Profile(), {"mewslix": {"source": "official"}})
    for split, lang in (("train", "en"), ("dev", "en"), ("test", "ja"), ("candidates", "mul")):
        assert sample.load(task, split, lang).columns == there.load_unnamed(made, split, lang).columns
    assert len(sample.load(task, "test", "ja")) == 3
    assert not there.has(task, "candidates", "mul") and not sample.has(made, "candidates", "mul")


def test_the_candidates_of_the_hub_are_packed(sample, tasks, tmp_path):
    repository = tmp_path / "izhx/mewsli-x"
    repository.mkdir(parents=True)
    with tarfile.open(repository / "candidate_entities.jsonl.tar.gz", "w:gz") as archive:
        archive.add(CANDIDATES, "candidate_entities.jsonl")
    files = "data_files:\n  - split: test\n    path: candidate_entities.jsonl.tar.gz"
    (repository / "README.md").write_text(f"---\nconfigs:\n- config_name: candidate_entities\n  {files}\n---\n")
    found = type(sample)(tmp_path).load_unnamed(tasks["mewslix"], "candidates", "mul")
    assert found.columns == sample.load(tasks["mewslix"], "candidates", "mul").columns


def test_entities_are_found_in_the_official_layout(tmp_path):
    request = {"inter": ["none"], "target": ["mewslix"], "langs": ["de", "ja"], "runs": str(tmp_path / "runs")}
    with worker_here():
        rows = xh.run(
            **request, data=str(official(tmp_path)), profile="mini", overrides={"mewslix.source": "official"}
        ).rows
    assert [(row.lang, row.n, row.protocol["candidates"]) for row in rows] == [("de", 3, 35), ("ja", 3, 35)]
    assert all("35 candidates instead of 1,003,893" in row.why_not for row in rows)
    assert all("the data were released in 2022" in row.why_not for row in rows)
