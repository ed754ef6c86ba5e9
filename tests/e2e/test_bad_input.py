"""Requests, files, models and stores that are wrong: exit code, what is said, and what is left behind."""

import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from helpers.answers import assert_says, process
from helpers.running import call_main
from xh.mini import ENCODER, SAMPLE
from xh.store import Store


@pytest.fixture
def xh(capsys, tmp_path, monkeypatch):
    """Call the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return partial(call_main, capsys)


# What was typed. Words, exit code, and the lines on stderr: what, why where that is known, and what to do.

TYPED = {
    "unknown task": ("run --target xnlli", 3, [
        "Error: There is no task 'xnlli'.", "Did you mean 'xnli' or 'snli' or", "xh list-tasks shows them all."]),
    "unknown intermediate task": ("run --inter squat --target bucc", 3, [
        "Error: There is no task 'squat'.", "Did you mean 'squad'", "xh list-tasks shows them all."]),
    "unknown task shown": ("show xnlli", 3, ["Error: There is no task 'xnlli'.", "Did you mean 'xnli'"]),
    "unknown task of --set": ("run --target xnli --set xnlli.epochs=1", 3, ["Error: There is no task 'xnlli'."]),
    "a target as intermediate task": ("run --inter bucc --target xnli", 2, [
        "Error: 'bucc' is not an intermediate task.", "Its role is target.", "xh list-tasks --role intermediate"]),
    "an intermediate task as target": ("run --target squad", 2, [
        "Error: 'squad' is not a target task.", "Its role is intermediate.", "xh list-tasks --role target"]),
    "no target": ("run --inter squad", 2, ["Error: No target is named.", "Use --target TASK, e.g."]),
    "no target but none": ("run --target none", 2, ["Error: 'none' is not a target.", "Use --inter none"]),
    "unknown kind": ("list-tasks --kind classif", 2, [
        "Error: There is no kind 'classif'.", "Did you mean 'classify'?", "Known: bitext, "]),
    "unknown role": ("list-tasks --role targets", 2, [
        "Error: There is no role 'targets'.", "Did you mean 'target'?", "Known: intermediate, target."]),
    "unknown language listed": ("list-tasks --lang xx", 2, ["Error: There is no language 'xx'.", "Known: af, ar, "]),
    "unknown group": ("list-tasks --group xtrem", 2, [
        "Error: There is no group 'xtrem'.", "Did you mean 'xtreme' or 'xtreme-r'?", "Known: all, "]),
    "unknown language": ("run --target xnli --langs de,dee", 2, [
        "Error: There is no language 'dee'.", "Did you mean 'de'?", "Known: ar, bg, de, "]),
    "a group of languages that all targets lack": ("run --target bucc,pawsx --langs low", 2, [
        "Error: The targets have none of the languages low.", "Languages: de, fr, ru, zh, en, "]),
    "a language that the shown task lacks": ("show xnli --lang ja", 2, [
        "Error: Task 'xnli' has no language 'ja'.", "Its languages: ar, bg, de, "]),
    "unknown profile": ("run --target xnli --profile minni", 2, [
        "Error: There is no profile 'minni'.", "Did you mean 'mini'?", "Known: mini"]),
    "--set of a task that takes no part": ("run --target xnli --set bucc.k=1", 2, [
        "Error: --set bucc…: 'bucc' is not part of this run.", "Its tasks: xnli."]),
    "--set of an unknown key": ("run --target xnli --set xnli.epoch=1", 2, [
        "Error: Task 'xnli' has no setting 'epoch' (from --set).", "Did you mean 'epochs'?", "Its settings: "]),
    "--set of a wrong type": ("run --target xnli --set xnli.epochs=many", 2, [
        "Error: xnli.epochs = 'many' (from --set) is invalid.", "Expected `float`, got `str`"]),
    "--set out of range": ("run --target xnli --set xnli.epochs=-1", 2, [
        "Error: xnli.epochs = -1 (from --set) is invalid.", "Expected `float` > 0.0"]),
    "--set of an unknown choice": ("run --target tatoeba --set tatoeba.search=near", 2, [
        "Error: tatoeba.search = 'near' (from --set) is invalid."]),
    "--set without a task": ("run --target xnli --set epochs=1", 2, [
        "Error: --set epochs=1 names no task.", "Use --set xnli.epochs=1."]),
    "--set without a value": ("run --target xnli --set xnli.epochs", 2, [
        "Error: --set 'xnli.epochs' is invalid.", "Use --set TASK.KEY=VALUE, e.g."]),
    "nothing to train on": ("run --target xnli --limit-train 0", 2, [
        "Error: --limit-train 0 leaves no rows.", "Use 1 or more."]),
    "nothing to evaluate": ("run --target xnli --limit-eval -3", 2, ["Error: --limit-eval -3 leaves no rows."]),
    "a limit that is no number": ("run --target xnli --limit-eval few", 2, [
        "Usage: xh run", "Error: Invalid value for '--limit-eval': 'few' is not a number of rows;"]),
    "seeds that are no numbers": ("run --target xnli --seeds one", 2, ["'one' is not a list of whole numbers;"]),
    "a negative seed": ("run --target xnli --seeds 1,-2", 2, ["'1,-2' is not a list of whole numbers; use e.g."]),
    "unknown engine": ("run --target tatoeba --langs de --engine locl", 3, [
        "Error: There is no engine 'locl'.", "Did you mean 'local'?", "Known: dask, local, slurm-jobs"]),
    "unknown option": ("run --targets xnli", 2, ["Usage: xh run", "--targets", "--target"]),
    "unknown command": ("rum --target xnli", 2, ["Did you mean 'run'?"]),
    "a layer beyond the encoder's": ("run --target tatoeba --set tatoeba.layer=7", 2, [
        "Error: tatoeba.layer = 7, but the encoder has 6 layers.", "Use --set tatoeba.layer=0 … 6"]),
    "inputs longer than positions": ("run --target xquad --set xquad.max_length=513", 2, [
        "Error: xquad.max_length = 513, but the encoder takes 512 subword tokens.", "Use --set xquad.max_length=512"]),
    "no data folder": ("run --target xnli --data nowhere", 6, [
        "Error: --data nowhere: there is no such folder.", "Use hub, sample, or a folder laid out as"]),
    "an empty data folder": ("run --target xnli --inter squad --langs de,zh --data .", 6, [
        "Error: Data or a model is missing:", "- squad train en; squad dev en: no ", "/rajpurkar/squad\n",
        "- mnli train en: no ", "/nyu-mll/glue\n", "- xnli dev en; xnli test de, zh: no ", "/facebook/xnli\n",
        "Put them below ", "hf download --local-dir"]),
    "no model folder": ("run --target tatoeba --model ./nowhere", 6, [
        "Error: Encoder ./nowhere: there is no such folder.", "or a name. Encoders with a name: "]),
    "no store to report": ("report --runs nowhere", 5, ["Error: There is no store at nowhere.", "with --runs, or"]),
    "unknown report format": ("report --format tabel", 3, [
        "Error: There is no report format 'tabel'.", "Did you mean 'table'?", "Known: csv"]),
}  # fmt: skip


@pytest.mark.parametrize(("words", "code", "lines"), TYPED.values(), ids=TYPED)
def test_what_was_typed_wrong(xh, tmp_path, words, code, lines):
    answer = xh(*words.split())
    assert answer.code == code
    assert answer.out == ""
    assert_says(answer.err, lines)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["unknown task", "unknown profile", "no data folder", "no store to report"])
def test_debug_shows_the_traceback_as_well(xh, name):
    words, code, lines = TYPED[name]
    answer = xh("--debug", *words.split())
    assert answer.code == code
    assert answer.err.startswith("Traceback (most recent call last)")
    assert lines[0] in answer.err


TOML = {
    "no TOML": ("[profiles.mine]\nencoder = mini\n", [
        "/tasks.toml is not valid TOML.", "line 2", "Correct that line."]),
    "unknown table": ("[profile.mine]\n", [
        "/tasks.toml is invalid.", "unknown field `profile`", "Correct that key."]),
    "unknown key": ("[profiles.mine]\nencoderr = 'mini'\n", [
        "/tasks.toml is invalid.", "unknown field `encoderr`", "Correct that key."]),
    "wrong type": ("[profiles.mine]\nencoder = 3\n", [
        "/tasks.toml is invalid.", "Expected `str | null`, got `int`", "profiles", "Correct that key."]),
    "unknown section": ("[profiles.mine]\nencoder = 'mini'\ndata = 'sample'\nrecipes.spam.epochs = 1\n", [
        "There is no kind or task (from tasks.toml [profiles.mine.recipes.spam]) 'spam'.", "Did you mean 'span'",
        "Known: "]),
    "unknown setting": ("[profiles.mine]\nencoder = 'mini'\ndata = 'sample'\nrecipes.classify.epoch = 1\n", [
        "has no setting 'epoch' (from tasks.toml [profiles.mine.recipes.classify]).",
        "Did you mean 'epochs'?", "Its settings: "]),
    "value out of range": ("[profiles.mine]\nencoder = 'mini'\ndata = 'sample'\nrecipes.xnli.epochs = 0\n", [
        "xnli.epochs = 0 (from tasks.toml [profiles.mine.recipes.xnli]) is invalid.", "Expected `float` > 0.0"]),
    "no encoder": ("[profiles.mine]\ndata = 'sample'\n", ["No encoder is named.", "Use --model FOLDER-OR-HUB-ID"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), TOML.values(), ids=TOML)
def test_a_wrong_tasks_toml(xh, tmp_path, text, lines):
    (tmp_path / "tasks.toml").write_text(text)
    answer = xh("run", "--target", "xnli", "--profile", "mine")
    assert answer.code == 2
    assert_says(answer.err, lines)


# Models.


def copy_encoder(tmp_path, *without: str) -> Path:
    """A copy of the embedded encoder, without the named files; the weights are a few bytes that nothing reads."""
    folder = tmp_path / "model"
    shutil.copytree(ENCODER, folder, ignore=shutil.ignore_patterns("*.safetensors", *without))
    if "*.safetensors" not in without:
        (folder / "model.safetensors").write_bytes(b"few")
    return folder


def test_a_model_without_config(xh, tmp_path):
    answer = xh("run", "--target", "tatoeba", "--model", copy_encoder(tmp_path, "config.json"), "--data", "sample")
    assert answer.code == 6
    assert_says(
        answer.err, ["/model is not an encoder: it has no config.json.", "Give the folder that save_pretrained"]
    )


@pytest.mark.parametrize(("text", "why"), [
    ("{", "line 1 column 2"), ("[1]", "It is not a JSON object."), ("", "line 1 column 1"),
])  # fmt: skip
def test_a_model_with_a_broken_config(xh, tmp_path, text, why):
    folder = copy_encoder(tmp_path)
    (folder / "config.json").write_text(text)
    answer = xh("run", "--target", "tatoeba", "--model", folder, "--data", "sample")
    assert answer.code == 6
    assert_says(answer.err, ["/model/config.json can't be read.", why, "Save the encoder again."])


def test_a_model_without_weights(xh, tmp_path):
    answer = xh("run", "--target", "tatoeba", "--model", copy_encoder(tmp_path, "*.safetensors"), "--data", "sample")
    assert answer.code == 6
    assert_says(answer.err, ["/model has no weights as safetensors, and no pytorch_model.bin", "Save it again with"])


def test_a_model_whose_pickle_is_damaged(xh, tmp_path):
    folder = copy_encoder(tmp_path, "*.safetensors")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    answer = xh("run", "--target", "tatoeba", "--model", folder, "--data", "sample")
    assert answer.code == 6
    assert_says(answer.err, ["The encoder in", "/model can't be converted."])


def test_a_model_whose_slow_tokenizer_is_damaged(xh, tmp_path):
    folder = copy_encoder(tmp_path, "tokenizer.json")
    shutil.copyfile(ENCODER / "model.safetensors", folder / "model.safetensors")
    (folder / "sentencepiece.bpe.model").write_bytes(b"pieces")
    answer = xh("run", "--target", "tatoeba", "--model", folder, "--data", "sample")
    assert answer.code == 6
    assert_says(answer.err, ["The encoder in", "/model can't be converted."])


# Stores.


def test_a_store_of_a_newer_version(xh, tmp_path):
    Store.open(tmp_path / "runs")
    (tmp_path / "runs" / "store.json").write_text('{"schema": 99}')
    for words in ("run --target tatoeba --langs de", "plan --target bucc", "report", "store ls"):
        answer = xh(*words.split())
        assert answer.code == 5
        assert_says(answer.err, [
            "The store at runs was written by a newer xh.", "Its schema is 99; this version knows 4.", "Upgrade xh",
        ])  # fmt: skip


def test_a_store_with_a_broken_version(xh, tmp_path):
    Store.open(tmp_path / "runs")
    (tmp_path / "runs" / "store.json").write_text("{")
    answer = xh("run", "--target", "tatoeba", "--langs", "de")
    assert answer.code == 5
    assert_says(answer.err, ["runs/store.json can't be read.", "Restore it, or use another --runs."])


def test_a_store_that_is_a_file(xh, tmp_path):
    (tmp_path / "runs").write_text("not a folder")
    answer = xh("run", "--target", "tatoeba", "--langs", "de")
    assert answer.code == 5
    assert_says(answer.err, ["Error: runs can't be written.", "Not a directory", "Use a folder that you may write to"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_in_a_folder_without_the_right_to_write(xh, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    answer = xh("run", "--target", "tatoeba", "--langs", "de", "--runs", "locked/runs")
    assert answer.code == 5
    assert_says(answer.err, ["locked/runs can't be written.", "Permission denied", "Use a folder that you may"])


# The Hub.

HUB = ("run", "--inter", "squad", "--target", "xnli,tatoeba", "--langs", "de,zh", "--data", "hub")
SPLITS = ("squad train en; squad dev en", "mnli train en", "xnli dev en; xnli test de, zh", "tatoeba test de, zh")


def test_offline_with_nothing_cached_names_all_that_is_missing(tmp_path):
    answer = process(tmp_path, *HUB, "--model", "org/encoder", "--offline", HF_HOME=str(tmp_path / "hf"))
    assert (answer.code, answer.out) == (6, "")
    assert_says(answer.err, ["Error: Data or a model is missing:", "Run xh fetch with these options"])
    for text in (*SPLITS, "encoder org/encoder"):
        assert f"\n  - {text}: " in answer.err
    assert answer.err.count("is not in the cache (offline)") == len(SPLITS) + 1


def test_an_archive_that_is_not_cached_is_missing_too(tmp_path):
    words = ("run", "--target", "bucc", "--langs", "de", "--data", "hub", "--offline")
    answer = process(tmp_path, *words, HF_HOME=str(tmp_path / "hf"))
    assert answer.code == 6
    assert_says(answer.err, ["  - bucc test de: https://comparable.limsi.fr/", "is not in the cache (offline)"])


def test_a_hub_that_refuses_names_all_that_is_missing(tmp_path):
    nobody = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "hf")}
    answer = process(tmp_path, *HUB, "--model", "org/encoder", **nobody)
    assert (answer.code, answer.out) == (6, "")
    assert_says(answer.err, ["Error: Data or a model is missing:", "Check the network and the names; or use --data"])
    for text in (*SPLITS, "encoder org/encoder"):
        assert f"\n  - {text}: " in answer.err
    assert answer.err.count("Connection refused") == len(SPLITS) + 1


def test_data_that_need_no_network_are_always_there(xh):
    assert (SAMPLE / "README.md").is_file()
    assert xh("plan", "--target", "bucc", "--data", "sample", "--offline").code == 0
