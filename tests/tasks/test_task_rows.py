"""What the built-in tasks do to rows before the kind sees them, and labels that come from data."""

import pytest

from xh.data.locate import locate
from xh.mini import SAMPLE
from xh.plan.settings import Profile
from xh.plan.variants import varied
from xh.spec import Hub, Locations, MissingError, TaskSpec
from xh_tasks import commonsenseqa, cosmosqa, panx, tydiqa
from xh_tasks.squad import answered


def test_tydiqa_keeps_the_rows_of_one_language(sample, tasks):
    for lang, name in tydiqa.NAMES.items():
        ids = sample.load(tasks["tydiqa"], "test", lang)["id"]
        assert len(ids) == 40 and all(key.startswith(f"{name}-") for key in ids)
    assert all(key.startswith("english-") for key in sample.load(tasks["tydiqa"], "train", "en")["id"])


def test_panx_loses_the_prefix_only_where_every_word_has_it():
    assert panx.row({"tokens": ["de:Bonn", "de::", "de:de:x"]}, "de")["tokens"] == ["Bonn", ":", "de:x"]
    assert panx.row({"tokens": ["de:Bonn", ":"]}, "de")["tokens"] == ["de:Bonn", ":"]
    assert panx.row({"tokens": ["10:30", "http://x"]}, "de")["tokens"] == ["10:30", "http://x"]


def test_cosmosqa_puts_the_question_behind_the_context():
    row = {"context": "It rained.", "question": "Why?", "label": 2} | {f"answer{i}": f"a{i}" for i in range(4)}
    assert cosmosqa.row(row, "en") == {"text": "It rained. Why?", "choices": ["a0", "a1", "a2", "a3"], "label": 2}


def test_commonsenseqa_takes_the_texts_of_the_choices():
    choices = {"label": ["A", "B"], "text": ["oven", "fridge"]}
    row = {"question": "Where?", "choices": choices, "answerKey": "B"}
    assert commonsenseqa.row(row, "en") == {"text": "Where?", "choices": ["oven", "fridge"], "label": "B"}


def test_a_column_that_the_function_misses_is_named(sample, tasks):
    data = Hub("rajpurkar/squad", "main", {"train": "train"}, config="plain_text", row="xh_tasks.cosmosqa:row")
    task = TaskSpec(
        name="other", kind="choice", roles=("intermediate",), languages=("en",), data=data, metric="accuracy"
    )
    with pytest.raises(MissingError, match=r"train\.jsonl has no column 'answer0'"):
        sample.load_unnamed(task, "train", "en")


def test_the_labels_of_ccg_are_the_categories_of_its_data(sample, tasks):
    task = tasks["ccg"]
    labels = sample.labelled(task).labels
    assert not task.labels
    assert list(labels) == sorted(set(labels)) and len(labels) > 15
    assert {"N", "NP[nb]/N", "(S[dcl]\\NP)/NP"} <= set(labels)
    train, dev = (sample.load(task, split, "en") for split in ("train", "dev"))
    assert {tag for rows in (train, dev) for tags in rows["tags"] for tag in tags} == set(range(len(labels)))


def test_labels_of_a_record_are_left_as_they_are(sample, tasks):
    assert sample.labelled(tasks["udpos"]) == tasks["udpos"]


def test_only_an_intermediate_tagging_task_may_leave_its_labels_to_the_data():
    parts = {"name": "t", "kind": "tag", "languages": ("en",), "metric": "f1",
             "data": Hub("o/t", "main", {"train": "train", "test": "test"})}  # fmt: skip
    assert TaskSpec(roles=("intermediate",), **parts)
    for roles in (("target",), ("intermediate", "target")):
        with pytest.raises(ValueError, match="needs at least two different labels"):
            TaskSpec(roles=roles, **parts)


def test_mlqa_has_its_seven_languages_or_all_pairs_of_them(tasks):
    task = varied(tasks["mlqa"], Profile(), {"mlqa": {"pairs": "all"}})
    assert len(tasks["mlqa"].languages) == 7 and len(task.languages) == 49
    assert set(tasks["mlqa"].languages) < set(task.languages)
    configs = {lang: task.data.config.format(lang=task.data.codes[lang]) for lang in ("de", "de-en", "en-de")}
    assert configs == {"de": "MLQA.de.de", "de-en": "MLQA.de.en", "en-de": "MLQA.en.de"}
    assert tasks["mlqa"].reason is None and "49 pairs" in task.reason
    locations = Locations(store="", data=str(SAMPLE))
    paths = [locate(each, "test", "de", locations) for each in (tasks["mlqa"], task)]
    assert paths[0] == paths[1]


@pytest.mark.parametrize(
    ("texts", "kept"), [(["Roma", "a Roma"], ["Roma", "a Roma"]), (["", "a Roma"], ["a Roma"]), (["", ""], None)]
)
def test_answers_that_a_translation_lost_are_left_out(texts, kept):
    row = {"id": "1", "answers": {"text": texts, "answer_start": [13, 11]}}
    found = answered(row, "it")
    if kept is None:
        assert found is None
    else:
        assert found == {"id": "1", "answers": {"text": kept, "answer_start": [13, 11][-len(kept) :]}}
