"""Every path of a user is taken as it is, by every library that gets to see it."""

import os
import shutil

import pytest

from xh.cli.main import main
from xh.mini import SAMPLE

ODD = "a b[1]*?::#%41\n{lang}~ñ日" + "x" * 150


def test_a_whole_run_among_odd_names(tmp_path, tiny, monkeypatch, capfd):
    folder, data = tmp_path / ODD, tmp_path / os.fsdecode(b"\xff, mlm=a")
    shutil.copytree(tiny, folder / "encoder")
    for part in ("rajpurkar", "google/xtreme/tatoeba.deu"):
        shutil.copytree(SAMPLE / part, data / part)
    monkeypatch.setenv("HF_HOME", str(folder / "hf"))
    monkeypatch.chdir(folder)
    request = ["--inter", "squad", "--target", "tatoeba", "--langs", "de", "--data", str(data), "--model", "./encoder"]
    limits = ["--profile", "mini", "--limit-train", "4", "--limit-eval", "4", "--runs", str(folder / "runs")]
    assert main(["run", *request, *limits]) == 0, capfd.readouterr().err
    assert main(["plan", *request, *limits]) == 0
    assert "0 stages to run, 3 in the store" in capfd.readouterr().out
    assert main(["report", "--runs", str(folder / "runs"), "-o", f"{ODD}.txt"]) == 0
    assert main(["export", "--runs", str(folder / "runs"), "-o", ODD]) == 0
    assert (folder / ODD / "tatoeba").is_dir() and (folder / f"{ODD}.txt").is_file()


@pytest.mark.parametrize("name", [ODD, os.fsdecode(b"\xff")])
def test_a_submission_in_such_a_folder_is_scored(tmp_path, name, capfd):
    labels, predictions = tmp_path / name / "labels", tmp_path / name / "predictions"
    for folder in (labels, predictions):
        (folder / "bucc2018").mkdir(parents=True)
        for lang in ("de", "fr", "ru", "zh"):
            (folder / f"bucc2018/test-{lang}.tsv").write_text(f"{lang}-1\ten-1\n")
    assert main(["score", "--predictions", str(predictions), "--labels", str(labels), "--json"]) == 0
    assert '"avg_f1": 100.0' in capfd.readouterr().out
