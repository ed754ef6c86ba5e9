"""Whole submissions against the official program's output files, whole and damaged."""

import json
import shutil

import pytest

from helpers.submissions import write_submission
from xh.results.benchmark import benchmark
from xh.scoring.report import official
from xh.scoring.submission import score
from xh.spec import UsageError

VECTORS = {"xtreme": "submission_xtreme.json", "xtreme-r": "submission_xtreme_r.json"}
OVERALL = {"all_task", "classification", "tagging", "qa", "retrieval", "multi_choice"}


@pytest.fixture(params=VECTORS)
def whole(request, tmp_path):
    return benchmark(request.param), *write_submission(tmp_path, VECTORS[request.param])


def _variant(vector, beginning):
    (result,) = [each["result"] for each in vector["variants"] if each["what"].startswith(beginning)]
    return result


def _check(report, result):
    """Against a variant's summary."""
    found = official(report)
    assert {name: value for name, value in found.items() if name in OVERALL} == pytest.approx(result["overall"])
    assert sorted(found.keys() - OVERALL) == result["tasks"]


def test_the_output_file(whole):
    chosen, predictions, labels, vector = whole
    wanted, found = vector["official_seqeval_0.0.12"]["output_file"], official(score(chosen, predictions, labels))
    assert list(found) == list(wanted)
    assert _leaves(found) == pytest.approx(_leaves(wanted), rel=1e-9)
    assert list(_leaves(found)) == list(_leaves(wanted))


def _leaves(value, path=()):
    if not isinstance(value, dict):
        return {path: value}
    return {key: leaf for name, inner in value.items() for key, leaf in _leaves(inner, (*path, name)).items()}


def test_a_task_that_is_missing_takes_its_group_and_the_overall_score(whole):
    chosen, predictions, labels, vector = whole
    shutil.rmtree(predictions / "tatoeba")
    report = score(chosen, predictions, labels)
    _check(report, _variant(vector, "a whole task folder missing"))
    assert (
        f"{predictions} has no tatoeba, so there is neither an overall score nor a score of its group" in report.remarks
    )


def test_some_tasks_only(whole):
    chosen, predictions, labels, vector = whole
    for folder in predictions.iterdir():
        if folder.name not in ("xquad", "mlqa", "tydiqa"):
            shutil.rmtree(folder)
    _check(score(chosen, predictions, labels), _variant(vector, "only the qa tasks"))


def test_a_question_without_a_prediction_scores_nothing_and_is_named(whole):
    chosen, predictions, labels, vector = whole
    path = predictions / "xquad/test-en.json"
    answers = json.loads(path.read_text("utf-8"))
    asked, key = len(answers), next(iter(answers))
    del answers[key]
    path.write_text(json.dumps(answers), "utf-8")
    report = score(chosen, predictions, labels)
    _check(report, _variant(vector, "qa prediction for one question missing"))
    assert f"{path}: 1 of {asked} ids are missing and score 0, e.g. {key!r}" in report.remarks


def test_unknown_tasks_and_languages_are_named(whole):
    chosen, predictions, labels, vector = whole
    (predictions / "sick").mkdir()
    (predictions / "xnli/test-xx.tsv").write_text("neutral\n")
    report = score(chosen, predictions, labels)
    _check(report, _variant(vector, "unknown extra task folder"))
    assert f"not part of {chosen.title}, so left out: sick, xnli/test-xx.tsv" in report.remarks


def test_what_is_scored_elsewhere_does_no_harm(tmp_path):
    predictions, labels, vector = write_submission(tmp_path, VECTORS["xtreme-r"])
    assert _variant(vector, "a lareqa folder")["exception"] == "KeyError"
    for folder in (predictions, labels):
        (folder / "lareqa").mkdir()
    report = score(benchmark("xtreme-r"), predictions, labels)
    assert report.overall is None
    assert "lareqa is not scored here, but by its own program" in report.remarks


def test_all_that_the_official_program_ends_with_is_said_at_once(whole):
    chosen, predictions, labels, vector = whole
    assert _variant(vector, "one language file")["exception"] == "FileNotFoundError"
    (predictions / "xnli/test-sw.tsv").unlink()
    assert _variant(vector, "one prediction line too few")["exception"] == "AssertionError"
    short = predictions / "xnli/test-ar.tsv"
    lines = short.read_text().splitlines(keepends=True)
    short.write_text("".join(lines[:-1]))
    with pytest.raises(UsageError, match="2 things are wrong in 2 files; nothing was scored") as error:
        score(chosen, predictions, labels)
    assert error.value.why.splitlines() == [
        f"{short}: has {len(lines) - 1} lines, its labels have {len(lines)}",
        f"{predictions / 'xnli/test-sw.tsv'}: is missing",
    ]


def test_empty_and_absent_folders(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match="No task has a folder in both") as error:
        score(benchmark("xtreme"), empty, empty)
    assert "has nothing in it" in error.value.why
    with pytest.raises(UsageError, match=r"no folder .*nowhere and no folder .*neither"):
        score(benchmark("xtreme"), tmp_path / "nowhere", tmp_path / "neither")


def test_labels_that_are_no_predictions(tmp_path):
    _, labels, _ = write_submission(tmp_path, VECTORS["xtreme"])
    with pytest.raises(UsageError) as error:
        score(benchmark("xtreme"), labels, labels)
    assert "xquad/test-en.json: the answer to 'data' is not text" in error.value.why
