"""What --inter says besides names: mixtures, and languages of training data."""

import click
import pytest

from xh.cli.values import joined, limit
from xh.spec import Files, Hub, MissingError, TaskSpec, UsageError


def translated(lang):
    return Hub(f"org/{lang}", "main", {"train": "train"})


def nli():
    data = Files(paths=("nli/{lang}/{split}.jsonl",), splits={"train": "train", "dev": "dev"})
    return TaskSpec(
        name="nli", kind="classify", roles=("intermediate",), languages=("en",), metric="accuracy", data=data,
        labels=("yes", "no"), translated={"de": translated("de"), "ru": translated("ru")},
    )  # fmt: skip


@pytest.fixture
def plan(draw, made_tasks, rows_at):
    for where in ("nli/en/train", "nli/en/dev", "qa/en/train", "qa/en/dev", "pairs/de/test"):
        rows_at(where)
    rows_at("org/de/train", "ja"), rows_at("org/ru/train", "да")
    tasks = (nli(), made_tasks.qa(), made_tasks.pairs())
    return lambda inter, **options: draw(inter, "pairs", tasks, langs=("de",), **({"baseline": False} | options))


def first(drawn):
    return next(iter(drawn.stages.values()))


def test_a_mixture_is_one_stage_under_its_name(plan):
    drawn = plan("qa+nli")
    stage = first(drawn)
    assert (stage.phase, stage.task, stage.purpose.inter) == ("intermediate", "qa+nli", "qa+nli")
    assert stage.id.startswith("intermediate-qa+nli-")
    assert stage.inputs.data.keys() == {f"{task}/{split}/en" for task in ("qa", "nli") for split in ("train", "dev")}
    assert [cell.inter for cell in drawn.cells] == ["qa+nli"]


def test_a_parts_own_settings_count_and_those_of_its_training_do_not(plan):
    plain = first(plan("qa+nli"))
    assert plain.inputs.recipe["parts"]["qa"]["stride"] == 128
    assert first(plan("qa+nli", overrides=("qa.stride=16",))).id != plain.id
    assert first(plan("qa+nli", overrides=("qa.epochs=9",))).id == plain.id
    changed = first(plan("qa+nli", overrides=("qa+nli.temperature=2", "qa+nli.cap=10")))
    assert (changed.inputs.recipe["temperature"], changed.inputs.recipe["cap"]) == (2, 10)
    assert changed.id != plain.id


def test_all_that_is_missing_of_a_mixture_is_named_at_once(plan, tmp_path):
    for name in ("qa/en/dev", "nli/en/train"):
        (tmp_path / "data" / f"{name}.jsonl").unlink()
    with pytest.raises(MissingError, match=r"(?s)qa dev en.*nli train en|nli train en.*qa dev en"):
        plan("qa+nli")


def test_translated_data_are_read_where_the_record_says(plan):
    stage = first(plan("nli@de"))
    assert (stage.task, stage.inputs.languages) == ("nli@de", ("de",))
    assert stage.inputs.data.keys() == {"nli@de/train/de", "nli@de/dev/en"}
    assert list(stage.inputs.tasks["train"].translated) == ["de"]


def test_several_languages_are_learnt_at_once_and_english_may_be_among_them(plan):
    stage = first(plan("nli@en,de,ru"))
    assert stage.inputs.languages == ("en", "de", "ru")
    assert len({identity for key, identity in stage.inputs.data.items() if "/train/" in key}) == 3
    assert first(plan("nli@en")).id == first(plan("nli")).id


def test_the_same_task_twice_is_the_task_in_both_languages(plan):
    assert first(plan("nli@de+nli@ru")).id == first(plan("nli@de,ru")).id
    mixed = first(plan("qa+nli@de"))
    assert (mixed.task, mixed.inputs.languages) == ("qa+nli@de", ("en", "de"))


def test_a_translation_in_a_folder_of_ones_own(plan, rows_at, tmp_path):
    rows_at("own/sw/train", "habari")
    stage = first(plan("nli@sw", data=f"{tmp_path / 'data'},nli={tmp_path / 'data' / 'own'}"))
    assert stage.inputs.data.keys() == {"nli@sw/train/sw", "nli@sw/dev/en"}


@pytest.mark.parametrize(
    ("inter", "problem"),
    [
        ("nli@sw", "no training data in sw"),
        ("nli@", "names no language"),
        ("qa+pairs", "'pairs' is not an intermediate task"),
    ],
)
def test_what_does_not_fit_is_an_error(plan, inter, problem):
    with pytest.raises(UsageError, match=problem) as caught:
        plan(inter)
    assert caught.value.todo


def test_a_name_for_a_mixture(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.toml").write_text('[mixtures]\nboth = "qa+nli@de"\n')
    assert first(plan("both")).task == "both"


def test_languages_after_an_at_belong_together():
    words = ["nli@en", "de", "squad", "squad@es+nli@de", "ru+qqp", "mlm"]
    assert joined(words) == ["nli@en,de", "squad", "squad@es+nli@de,ru+qqp", "mlm"]


@pytest.fixture
def targets(draw, made_tasks, rows_at, all_rows):
    qa = made_tasks.qa(translated={"de": translated("de")})
    rows_at("org/de/train", "eine Zeile")
    own = made_tasks.xqa("own", data=made_tasks.data("own", "train", "dev", "test"), train_from=None)
    for lang in ("de", "en"):
        for split in ("train", "dev", "test"):
            rows_at(f"own/{lang}/{split}", f"{split} {lang}")
    return lambda target, **options: draw("none", target, (qa, made_tasks.xqa(), own), langs=("de",), **options)


def test_a_target_trained_in_its_own_language(targets):
    stage = first(targets("xqa", train_lang="de"))
    assert (stage.phase, stage.task) == ("target", "qa@de")
    assert stage.inputs.data.keys() == {"qa@de/train/de", "qa/dev/en"}
    own = first(targets("own", train_lang="de"))
    assert own.inputs.data.keys() == {"own@de/train/de", "own/dev/de"}
    assert first(targets("own", train_lang="en")).id == first(targets("own")).id


def test_a_language_that_a_target_can_not_be_trained_in(targets):
    with pytest.raises(UsageError, match="no training data in sw"):
        targets("xqa", train_lang="sw")


def test_a_share_of_the_training_rows(plan):
    assert first(plan("qa", limit_train=0.1)).inputs.limit_train == 0.1
    assert [limit(None, None, text) for text in ("10%", "2.5%", "30", "100%", None)] == [0.1, 0.025, 30, 1.0, None]
    for wrong, problem in ((0.0, "leaves no rows"), (1.5, "is not a share")):
        with pytest.raises(UsageError, match=problem):
            plan("qa", limit_train=wrong)
    with pytest.raises(click.BadParameter, match="10%"):
        limit(None, None, "ten")
