"""Measures of similarity from the command line: vectors are made once, and the report has them without a plan."""

import json

import numpy as np
import pytest

from helpers.running import answer_here

REQUEST = (
    "--inter mnli --target pawsx,tatoeba --langs de --similarity textemb,logme,cka --limit-train 16 "
    "--limit-eval 8 --set mnli.epochs=1 --set pawsx.epochs=1 --profile mini --model encoder --runs runs"
)


@pytest.fixture(scope="module")
def ran(tiny, tmp_path_factory):
    """A run with all measures: its folder, and what it answered."""
    folder = tmp_path_factory.mktemp("similar")
    (folder / "encoder").symlink_to(tiny)
    return folder, answer_here(folder, "run", *REQUEST.split(), "--json")


def of(answer, measure, **fields):
    wanted = {"measure": measure, "lang": None} | fields
    found = json.loads(answer.out)["similarities"]
    return {(each["inter"], each["target"]): each for each in found if wanted.items() <= each.items()}


def test_every_measure_has_its_pairs(ran):
    _, answer = ran
    assert answer.code == 0, answer.err
    assert set(of(answer, "textemb")) == {("mnli", "pawsx"), ("mnli", "tatoeba")}
    assert set(of(answer, "logme")) == set(of(answer, "cka")) == {("mnli", "pawsx")}
    assert set(of(answer, "textemb", lang="de")) == set(of(answer, "textemb"))
    assert all(0 < each["value"] <= 1 for each in of(answer, "cka").values())
    assert all(each["delta"] is not None for each in of(answer, "textemb").values())


def test_a_stage_has_vectors_and_labels_of_its_texts(ran):
    folder, answer = ran
    stage = folder / "runs/stages" / of(answer, "logme")["mnli", "pawsx"]["stages"][0]
    vectors, labels = np.load(stage / "vectors.npy"), np.load(stage / "labels.npy")
    record = json.loads((stage / "stage.json").read_text())
    assert (vectors.shape, vectors.dtype) == ((record["facts"]["rows"]["dev"], 16), np.float32)
    assert set(labels) == {0, 1} and len(labels) == len(vectors)
    assert record["facts"]["precision"] == record["machine"]["precision"]


def test_text_embeddings_can_be_computed_again_from_the_files(ran):
    folder, answer = ran
    found = of(answer, "textemb")["mnli", "pawsx"]
    means = [np.load(folder / "runs/stages" / stage / "vectors.npy").mean(axis=0) for stage in found["stages"]]
    left, right = (mean / np.linalg.norm(mean) for mean in means)
    assert found["value"] == pytest.approx(float(left @ right), abs=1e-5)


def test_the_report_has_it_without_a_plan_and_nothing_is_left_to_run(ran):
    folder, answer = ran
    report = answer_here(folder, "report", "--format", "json")
    assert len(json.loads(report.out)["similarities"]) == len(json.loads(answer.out)["similarities"])
    table = " ".join(answer_here(folder, "report").out.split())
    assert "cka · linear CKA of the two trainings' encoders, and gain" in table
    assert "No logme for tatoeba." in table
    assert "cka · linear CKA" not in answer_here(folder, "report", "--view", "table").out
    again = answer_here(folder, "run", *REQUEST.split())
    assert "0 stages run" in again.err
    assert answer_here(folder, "store", "verify").code == 0


def test_the_plan_and_progress_name_what_is_represented(ran):
    folder, answer = ran
    assert "represent pawsx dev en after mnli" in answer.err
    planned = answer_here(folder, "plan", *REQUEST.split()).out
    assert "represent-pawsx-" in planned and "0 stages to run" in planned
