"""``xh score`` against what the official program prints."""

import json
from functools import partial

import pytest

from helpers.golden import read_golden

NAMES = {"xtreme": "submission_xtreme.json", "xtreme-r": "submission_xtreme_r.json"}


@pytest.fixture(params=NAMES)
def scored(request, tmp_path, xh):
    """Write a golden submission out and score it; returns the vector and how to call it further."""
    vector = read_golden(NAMES[request.param])
    for side in ("predictions", "labels"):
        for name, text in vector[side].items():
            path = tmp_path / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
    options = ("--predictions", "predictions", "--labels", "labels", "--benchmark", request.param)
    return vector["official_seqeval_0.0.12"], partial(xh, "score", *options)


def test_the_table_has_every_number_that_the_official_program_prints(scored):
    vector, call = scored
    answer = call()
    assert answer.code == 0
    blocks = vector["stdout"].split("\n====== ")[1:]
    pages = dict(page.split("\n", 1) for page in answer.out.split("\n\n"))
    for block in blocks:
        task, _, rest = block.partition(" ======\n")
        for part in rest.split("------ ")[1:]:
            metric, langs, values, *_ = part.splitlines()
            assert _row(pages[task], metric.removesuffix(" ------")) == dict(
                zip(langs.split(", "), values.split(", "), strict=True)
            )
    means = dict(line.rsplit(maxsplit=1) for line in pages["Means"].splitlines())
    overall = {name.strip().replace("all tasks", "all_task"): value for name, value in means.items()}
    assert overall == {n: f"{v:.2f}" for n, v in vector["output_file"].items() if isinstance(v, float)}


def _row(page, metric):
    """A metric's values by language, over all parts of a task's page."""
    found, langs = {}, []
    for line in page.splitlines():
        name, *values = line.split()
        if name == metric:
            found |= zip(langs, values, strict=True)
        elif (len(name) == 2 and not values[:1]) or all(len(word) == 2 for word in (name, *values)):
            langs = [name, *values]
    return found


def test_the_summary_has_the_means(scored):
    vector, call = scored
    lines = call().out.split("\n\n")[0].splitlines()[2:]
    assert {line.split()[0]: line.split()[-1] for line in lines} == {
        task: f"{scores['avg_metric']:.2f}"
        for task, scores in vector["output_file"].items()
        if isinstance(scores, dict)
    }


def test_json_is_the_official_output_file(scored):
    vector, call = scored
    found = json.loads(call("--json").out)
    assert list(found) == list(vector["output_file"])
    for name, value in vector["output_file"].items():
        for key, inner in value.items() if isinstance(value, dict) else [(None, value)]:
            assert (found[name][key] if key else found[name]) == pytest.approx(inner, rel=1e-9)


def test_damage_ends_with_2_and_nothing_on_stdout(scored, tmp_path):
    _, call = scored
    (tmp_path / "predictions/tatoeba/test-de.tsv").write_text("[93]\n[342]\n")
    (tmp_path / "labels/xnli/test-sw.tsv").unlink()
    answer = call("--json")
    assert (answer.code, answer.out) == (2, "")
    assert "labels/xnli/test-sw.tsv: is missing" in answer.err
    assert "predictions/tatoeba/test-de.tsv, line 1: '[93]' is not a bare row number" in answer.err
    assert "predictions/tatoeba/test-de.tsv, line 2: " in answer.err


def test_some_languages_are_scored_without_the_files_of_others(scored, tmp_path):
    vector, call = scored
    for path in [*(tmp_path / "predictions").rglob("test-*")]:
        if path.name.split(".")[0] not in ("test-de", "test-zh"):
            path.unlink()
    assert call().code == 2
    answer = call("--langs", "de,zh", "--json")
    assert answer.code == 0
    assert "partial: over de, zh only, so there is neither an overall score nor groups" in answer.err
    found = json.loads(answer.out)
    assert found.pop("partial") == ["de", "zh"]
    for name, scores in found.items():
        for metric, by_lang in vector["output_file"][name].items():
            if isinstance(by_lang, dict):
                assert scores[metric] == pytest.approx(
                    {lang: by_lang[lang] for lang in ("de", "zh") if lang in by_lang}
                )
    page = call("--langs", "de,zh").out
    assert "partial: de, zh, by task" in page and "Means" not in page
    assert call("--langs", "xx").code == 2


def test_wrong_calls(xh):
    assert xh("score", "--predictions", "p").code == 2
    answer = xh("score", "--predictions", "p", "--labels", "l", "--benchmark", "glue")
    assert (answer.code, answer.out) == (2, "")
    assert "Known are xtreme, xtreme-r." in answer.err
