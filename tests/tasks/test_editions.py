"""XTREME-R's new languages of tasks that XTREME has: files of LASER and of UD 2.7."""

import pytest

from xh.spec import MissingError
from xh_tasks.xtreme_r import sentences


def sides(folder, source, english):
    paths = [folder / f"tatoeba.pol-eng.{end}" for end in ("eng", "pol")]
    for path, text in zip(paths, (english, source), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


@pytest.mark.parametrize("turned", [False, True])
def test_a_line_goes_with_the_english_one(tmp_path, turned):
    paths = sides(tmp_path, "Kot śpi.\nKto to?\n", "The cat sleeps.\nWho is it?\n")
    assert sentences(paths[::-1] if turned else paths) == [
        {"source_sentence": "Kot śpi.", "target_sentence": "The cat sleeps."},
        {"source_sentence": "Kto to?", "target_sentence": "Who is it?"},
    ]


def test_files_that_do_not_fit_are_an_error(tmp_path):
    paths = sides(tmp_path, "Kot śpi.\n", "The cat sleeps.\nWho is it?\n")
    with pytest.raises(MissingError, match="not two files of as many lines"):
        sentences(paths)
    with pytest.raises(MissingError, match="not two files"):
        sentences(paths[:1])


def test_the_sample_has_polish_as_laser_and_universal_dependencies_have_it(sample, tasks):
    pairs = sample.load(tasks["tatoeba_xr"], "test", "pl")
    assert len(pairs) == 8 and pairs["target"][0] == "Where is the nearest hospital?"
    tagged = sample.load(tasks["udpos_xr"], "test", "pl")
    assert len(tagged) == 5 and tagged["tokens"][-1][0] == "Zrobiłbyś"


def test_xtreme_has_no_polish(tasks):
    assert not any("pl" in tasks[name].languages for name in ("udpos", "panx", "tatoeba"))
