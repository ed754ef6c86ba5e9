"""Files and weights that are found to be wrong only by a stage: what is said, and what is left behind.

Each run has several of them, since a failed stage does not stop the others.
"""

import json
import shutil

import pytest
from safetensors.numpy import load_file, save_file

from helpers.answers import assert_says
from helpers.running import answer_here
from xh.mini import ENCODER
from xh.store import Store


def lines(*rows: dict) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def squad(text="Rome", start=14):
    """One good question and one with this answer."""
    good = {"id": "a", "context": "Anna lives in Rome.", "question": "Who?"}
    good["answers"] = {"text": ["Anna"], "answer_start": [0]}
    last = good | {"id": "b", "answers": {"text": [text], "answer_start": [start]}}
    folder = "rajpurkar/squad/plain_text"
    return {f"{folder}/train.jsonl": lines(good, last), f"{folder}/validation.jsonl": lines(good)}


def mnli(*rows):
    good = {"premise": "It rains.", "hypothesis": "It is wet.", "label": 0}
    return {f"nyu-mll/glue/mnli/{split}.jsonl": lines(*(rows or [good])) for split in ("train", "validation_matched")}


def tatoeba(text, suffix=".jsonl"):
    return {f"google/xtreme/tatoeba.deu/validation{suffix}": text}


def bucc(**changed):
    """Two good parts, but for the named files of the test part."""
    good = {"de": "de-1\teins\nde-2\tzwei\n", "en": "en-1\tone\nen-2\ttwo\n", "gold": "de-1\ten-1\n"}
    parts = {"sample": good, "training": good | changed}
    return {f"bucc2018/de-en/de-en.{part}.{side}": text for part in parts for side, text in parts[part].items()}


RUNS = {
    "first": (
        squad(start=3)
        | mnli({"premise": "It rains.", "hypothesis": "It is wet.", "label": 7})
        | tatoeba(lines({"source_sentence": "eins", "target_sentence": "one"}) + "no JSON\n")
        | bucc(gold="de-1\ten-99\n"),
        {
            "intermediate-squad": ["squad train en, row 1: the answer 'Rome' of question b is not at character 3: "
                                   "it occurs at 14.", "Correct or remove that row."],
            "intermediate-mnli": ["mnli train en, row 0: label 7 is not one of 0 entailment, 1 neutral, 2 "
                                  "contradiction.",
                                  "Check the task's labels against the data."],
            "evaluate-tatoeba": ["/tatoeba.deu/validation.jsonl can't be read.", "fetch it again"],
            "evaluate-bucc": ["bucc test de, row 0: its match 'en-99' is not an id of the other side."],
        },
    ),
    "second": (
        squad(text="Bonn")
        | mnli({"premise": "It rains.", "hypothesis": "It is wet.", "label": "wet"})
        | tatoeba("PAR1 no more", ".parquet")
        | bucc(de="de-1 without a tab\n"),
        {
            "intermediate-squad": ["squad train en, row 1: the answer 'Bonn' of question b is not at character 14: "
                                   "it does not occur in its context."],
            "intermediate-mnli": ["mnli train en, row 0: label 'wet' is not one of 0 entailment"],
            "evaluate-tatoeba": ["/tatoeba.deu/validation.parquet can't be read.", "empty, damaged or in another"],
            "evaluate-bucc": ["training.de, line 1: no tab between id and text.", "The line is 'de-1 without a tab"],
        },
    ),
}  # fmt: skip
"""By run: its files, and what the failure of each stage says."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The runs with bad files, all into one store in which a good stage is already."""
    folder = tmp_path_factory.mktemp("bad")
    common = ("run", "--langs", "de", "--runs", "runs", "--model", "mini")
    assert answer_here(folder, *common, "--target", "tatoeba", "--data", "sample").code == 0
    (before,) = Store(folder / "runs").ids()
    answers = {}
    for name, (files, _) in RUNS.items():
        for path, text in files.items():
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_text(text, encoding="utf-8")
        answers[name] = answer_here(
            folder, *common, "--inter", "squad,mnli", "--target", "tatoeba,bucc", "--data", name
        )
    return folder / "runs", before, answers


@pytest.mark.parametrize(("name", "stage"), [(name, stage) for name, (_, said) in RUNS.items() for stage in said])
def test_a_file_that_a_stage_can_not_use(ran, name, stage):
    *_, answers = ran
    answer = answers[name]
    assert answer.code == 1
    (block,) = [text for text in answer.err.split("Error: ")[1:] if text.startswith(stage)]
    assert_says(block, [f"{stage}-", " failed: ", *RUNS[name][1][stage], f"Its log is in runs/failed/{stage}-"])


@pytest.mark.parametrize("name", RUNS)
def test_what_starts_from_a_failed_stage_is_named_and_not_run(ran, name):
    *_, answers = ran
    (line,) = [line for line in answers[name].err.splitlines() if line.startswith("Skipped")]
    assert line.count("evaluate-tatoeba-") == line.count("evaluate-bucc-") == 2
    assert "Traceback" not in answers[name].err


def test_failed_stages_leave_the_store_as_it_was(ran):
    runs, before, _ = ran
    store = Store(runs)
    assert [path.name for path in store.stages.iterdir()] == [before]
    assert store.verify() == {}
    assert store.record(before)


def test_the_traceback_of_a_failed_stage_is_in_its_log(ran):
    runs, _, _ = ran
    failed = {path.name.rsplit("-", 1)[0] for path in (runs / "failed").iterdir()}
    assert failed == {stage for _, said in RUNS.values() for stage in said}
    for path in (runs / "failed").iterdir():
        assert "Traceback (most recent call last)" in (path / "error.txt").read_text(encoding="utf-8")


def test_foreign_weights_are_named_by_the_stage(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(ENCODER, folder)
    weights = load_file(folder / "model.safetensors")
    foreign = {name.replace("roberta.encoder", "bert.encoder"): weight for name, weight in weights.items()}
    save_file(foreign, folder / "model.safetensors", {"format": "pt"})
    answer = answer_here(tmp_path, "run", "--target", "tatoeba", "--langs", "de", "--model", folder, "--data", "sample")
    assert answer.code == 1
    assert_says(answer.err.split("Error: ")[1], [
        "evaluate-tatoeba-", f"failed: The weights in {folder} are not those of its config (xlm-roberta).",
        "missing: encoder.layer.0.", "Give a folder whose config.json and weights belong together.",
    ])  # fmt: skip
    assert not list((tmp_path / "runs" / "stages").iterdir())
