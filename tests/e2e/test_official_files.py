"""Predictions lie as XTREME wants them, and scored alone by its rules they give what the run reports."""

import json
from pathlib import Path

import numpy as np
import pytest

from helpers.running import answer_here
from xh.metrics import squad
from xh.metrics.accuracy import accuracy
from xh.metrics.bucc import bucc_f1, read_pairs
from xh.metrics.lines import read_lines
from xh.mini import SAMPLE

HUB = Path(__file__).parents[3] / "shared" / "hub"
NLI = ("entailment", "neutral", "contradiction")
CODES = {"de": "deu", "zh": "cmn", "jv": "jav"}
LANGS = {"xnli": "de en zh", "xquad": "de en zh", "tatoeba": "de zh", "bucc2018": "de zh"}
SMALL = (
    *("--limit-train", "16", "--set", "xnli.epochs=1", "--set", "xnli.select=last"),
    *("--set", "xquad.epochs=1", "--set", "xquad.select=last"),
)


def run_in(folder: Path, *words: str) -> dict:
    """The document of ``xh run --json`` in a folder."""
    answer = answer_here(folder, "run", *words, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def reported(document, target, lang):
    rows = [row for row in document["rows"] if (row["target"], row["lang"]) == (target, lang)]
    return {row["metric"]: row["value"] for row in rows}


def predictions(folder, document, target, name):
    (stage,) = {row["stage"] for row in document["rows"] if row["target"] == target}
    return (folder / "runs" / "stages" / stage / "predictions" / name).read_text(encoding="utf-8")


def json_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tatoeba_gold(rows):
    """The row numbers that XTREME's preprocessing gives: English sentences sorted, each with its source's row."""
    english = [row["target_sentence"].strip() for row in rows]
    return [str(row) for row in sorted(range(len(rows)), key=english.__getitem__)]


def bucc_gold(data, lang):
    return read_pairs((data / f"bucc2018/{lang}-en/{lang}-en.training.gold").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sample(tiny, tmp_path_factory):
    """A small run on sample data: its folder, and what it reported."""
    folder = tmp_path_factory.mktemp("official")
    words = ("--target", "xnli,xquad,tatoeba,bucc", "--langs", "en,de,zh", "--model", tiny, "--profile", "mini", *SMALL)
    return folder, run_in(folder, *words)


def test_every_prediction_file_has_its_official_place(sample):
    folder, _ = sample
    found = {str(path).partition("/predictions/")[2] for path in folder.rglob("test-*")}
    expected = {
        f"{task}/test-{lang}.{'json' if task == 'xquad' else 'tsv'}"
        for task, langs in LANGS.items() for lang in langs.split()
    }  # fmt: skip
    assert found == expected


def test_what_each_example_adds_is_kept_and_adds_up(sample):
    folder, document = sample
    known = 0
    for row in document["rows"]:
        with np.load(folder / "runs" / "stages" / row["stage"] / "examples.npz") as arrays:
            example_counts = arrays.get(f"{row['lang']}/{row['metric']}")
        if example_counts is not None:
            known += 1
            right, total = example_counts.sum(axis=0)
            assert 100 * right / total == pytest.approx(row["value"])
        assert example_counts is not None or not row["main"]
    assert known > 9


@pytest.mark.parametrize("lang", LANGS["xnli"].split())
def test_xnli(sample, lang):
    gold = [NLI[row["label"]] for row in json_lines(SAMPLE / f"facebook/xnli/{lang}/test.jsonl")]
    lines = read_lines(predictions(*sample, "xnli", f"xnli/test-{lang}.tsv"))
    assert set(lines) <= set(NLI)
    assert reported(sample[1], "xnli", lang) == {"accuracy": accuracy(lines, gold)}


@pytest.mark.parametrize("lang", LANGS["xquad"].split())
def test_xquad(sample, lang):
    rows = json_lines(SAMPLE / f"google/xquad/xquad.{lang}/validation.jsonl")
    answers = json.loads(predictions(*sample, "xquad", f"xquad/test-{lang}.json"))
    assert answers.keys() == {row["id"] for row in rows}
    assert all(answers[row["id"]] in row["context"] for row in rows)
    score = squad.evaluate(answers, {row["id"]: row["answers"]["text"] for row in rows})
    assert reported(sample[1], "xquad", lang) == {"f1": score.f1, "exact_match": score.exact_match}


@pytest.mark.parametrize("lang", LANGS["tatoeba"].split())
def test_tatoeba(sample, lang):
    rows = json_lines(SAMPLE / f"google/xtreme/tatoeba.{CODES[lang]}/validation.jsonl")
    lines = read_lines(predictions(*sample, "tatoeba", f"tatoeba/test-{lang}.tsv"))
    assert {int(line) for line in lines} <= set(range(len(rows)))
    assert reported(sample[1], "tatoeba", lang) == {"accuracy": accuracy(lines, tatoeba_gold(rows))}


@pytest.mark.parametrize("lang", LANGS["bucc2018"].split())
def test_bucc(sample, lang):
    pairs = read_pairs(predictions(*sample, "bucc", f"bucc2018/test-{lang}.tsv"))
    assert all(source.startswith(f"{lang}-") and target.startswith("en-") for source, target in pairs)
    assert reported(sample[1], "bucc", lang) == bucc_f1(pairs, bucc_gold(SAMPLE, lang))._asdict()


# Real data, where a mirror of some lies beside the checkout: retrieval, which needs no training.


def part_of_tatoeba(data, lang, count):
    import pyarrow.parquet as parquet

    path = Path(f"google/xtreme/tatoeba.{CODES[lang]}/validation-00000-of-00001.parquet")
    rows = parquet.read_table(HUB / path).slice(0, count)
    (data / path).parent.mkdir(parents=True)
    parquet.write_table(rows, data / path)


def part_of_bucc(data, lang, count):
    """Of each part so many gold pairs, and as many other sentences of each side."""
    folder = Path(f"bucc2018/{lang}-en")
    (data / folder).mkdir(parents=True)
    for part in ("sample", "training"):
        gold = (HUB / folder / f"{lang}-en.{part}.gold").read_text(encoding="utf-8")
        gold = "".join(gold.splitlines(keepends=True)[:count])
        paired = set(gold.split())
        (data / folder / f"{lang}-en.{part}.gold").write_text(gold, encoding="utf-8")
        for side in (lang, "en"):
            name = folder / f"{lang}-en.{part}.{side}"
            lines = (HUB / name).read_text(encoding="utf-8").split("\n")
            kept = [line for number, line in enumerate(lines) if number < count or line.partition("\t")[0] in paired]
            (data / name).write_text("\n".join(kept) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A run on some rows of real data: its folder, and what it reported."""
    if not (HUB / "bucc2018").is_dir() or not (HUB / "google/xtreme").is_dir():
        pytest.skip(f"no mirror of real data at {HUB}")
    folder = tmp_path_factory.mktemp("real")
    part_of_tatoeba(folder / "data", "jv", 205)
    part_of_tatoeba(folder / "data", "zh", 100)
    part_of_bucc(folder / "data", "zh", 200)
    return folder, run_in(folder, "--target", "tatoeba,bucc", "--langs", "jv,zh", "--model", "mini", "--data", "data")


@pytest.mark.parametrize("lang", ["jv", "zh"])
def test_tatoeba_on_real_data(real, lang):
    import pyarrow.parquet as parquet

    folder, document = real
    (path,) = (folder / f"data/google/xtreme/tatoeba.{CODES[lang]}").glob("*.parquet")
    lines = read_lines(predictions(*real, "tatoeba", f"tatoeba/test-{lang}.tsv"))
    score = accuracy(lines, tatoeba_gold(parquet.read_table(path).to_pylist()))
    assert reported(document, "tatoeba", lang) == {"accuracy": score}
    assert score > 5


def test_bucc_on_real_data(real):
    folder, document = real
    pairs = read_pairs(predictions(*real, "bucc", "bucc2018/test-zh.tsv"))
    score = bucc_f1(pairs, bucc_gold(folder / "data", "zh"))
    assert reported(document, "bucc", "zh") == score._asdict()
    assert score.f1 > 0


# What is exported and scored again.

SCORE = ("score", "--predictions", "predictions", "--labels", "labels")


def test_predictions_and_labels_exported_from_a_store_score_what_the_run_reported(sample):
    folder, document = sample
    assert answer_here(folder, "export", "-o", "predictions").code == 0
    answer = answer_here(folder, "export", "--labels", "-o", "labels")
    assert answer.code == 0 and "labels is not a complete set of XTREME labels." in answer.err
    assert files(folder / "labels") == files(folder / "predictions")
    answer = answer_here(folder, *SCORE, "--langs", "en,de,zh", "--json")
    assert answer.code == 0, answer.err
    assert "partial: over en, de, zh only" in answer.err
    found = json.loads(answer.out)
    assert found.pop("partial") == ["en", "de", "zh"]
    assert found.keys() == LANGS.keys()
    for name, scores in found.items():
        target = name.removesuffix("2018")
        for lang in LANGS[name].split():
            values = {metric: by_lang[lang] for metric, by_lang in scores.items() if not metric.startswith("avg")}
            expected = reported(document, target, lang)
            assert values == pytest.approx({metric: expected[metric] for metric in values})


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("test-*")}


def test_labels_of_a_limited_evaluation_are_those_of_its_rows(tmp_path):
    document = run_in(tmp_path, "--target", "tatoeba,bucc", "--langs", "de", "--limit-eval", "20")
    for words in ((), ("--labels",)):
        assert answer_here(tmp_path, "export", *words, "-o", "labels" if words else "predictions").code == 0
    found = json.loads(answer_here(tmp_path, *SCORE, "--langs", "de", "--json").out)
    assert found["tatoeba"]["accuracy"]["de"] == pytest.approx(reported(document, "tatoeba", "de")["accuracy"])
    assert found["bucc2018"]["f1"]["de"] == pytest.approx(reported(document, "bucc", "de")["f1"])
    assert len((tmp_path / "labels/tatoeba/test-de.tsv").read_text().splitlines()) == 20


def test_labels_of_other_data_than_those_evaluated_are_not_written(tmp_path):
    part_of_sample(tmp_path / "data", 40)
    run_in(tmp_path, "--target", "tatoeba", "--langs", "de", "--data", "data")
    answer = answer_here(tmp_path, "export", "--labels", "-o", "labels")
    assert answer.code == 2 and "Name it: --data DIR." in answer.err
    part_of_sample(tmp_path / "data", 39)
    answer = answer_here(tmp_path, "export", "--labels", "-o", "labels", "--data", "data")
    assert answer.code == 6
    assert "tatoeba test de: these are not the data that were evaluated." in answer.err
    assert not (tmp_path / "labels").exists()
    part_of_sample(tmp_path / "data", 40)
    assert answer_here(tmp_path, "export", "--labels", "-o", "labels", "--data", "data").code == 0
    report = answer_here(tmp_path, "report", "--format", "json").out
    assert str(tmp_path) not in report
    assert str(tmp_path) not in "".join(path.read_text() for path in tmp_path.glob("runs/stages/*/stage.json"))


def part_of_sample(data, count):
    path = "google/xtreme/tatoeba.deu/validation.jsonl"
    lines = (SAMPLE / path).read_text(encoding="utf-8").splitlines(keepends=True)
    (data / path).parent.mkdir(parents=True, exist_ok=True)
    (data / path).write_text("".join(lines[:count]), encoding="utf-8")
