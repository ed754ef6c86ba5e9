"""What --inter says besides names: mixtures, and languages of training data."""

import click
import pytest

from helpers import made_tasks
from helpers.made_tasks import write_row
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
def rows(tmp_path):
    for where in ("nli/en/train", "nli/en/dev", "qa/en/train", "qa/en/dev", "pairs/de/test"):
        write_row(tmp_path, where)
    write_row(tmp_path, "org/de/train", "ja"), write_row(tmp_path, "org/ru/train", "да")


def draw_mixture(draw, inter, **options):
    tasks = (nli(), made_tasks.qa(), made_tasks.pairs())
    return draw(inter, "pairs", tasks, langs=("de",), **({"baseline": False} | options))


def first(drawn):
    return next(iter(drawn.stages.values()))


def test_a_mixture_is_one_stage_under_its_name(draw, rows):
    drawn = draw_mixture(draw, "qa+nli")
    stage = first(drawn)
    assert (stage.phase, stage.task, stage.purpose.inter) == ("intermediate", "qa+nli", "qa+nli")
    assert stage.id.startswith("intermediate-qa+nli-")
    assert stage.inputs.data.keys() == {f"{task}/{split}/en" for task in ("qa", "nli") for split in ("train", "dev")}
    assert [cell.inter for cell in drawn.cells] == ["qa+nli"]


def test_a_parts_own_settings_count_and_those_of_its_training_do_not(draw, rows):
    plain = first(draw_mixture(draw, "qa+nli"))
    assert plain.inputs.recipe["parts"]["qa"]["stride"] == 128
    assert first(draw_mixture(draw, "qa+nli", overrides=("qa.stride=16",))).id != plain.id
    assert first(draw_mixture(draw, "qa+nli", overrides=("qa.epochs=9",))).id == plain.id
    changed = first(draw_mixture(draw, "qa+nli", overrides=("qa+nli.temperature=2", "qa+nli.cap=10")))
    assert (changed.inputs.recipe["temperature"], changed.inputs.recipe["cap"]) == (2, 10)
    assert changed.id != plain.id


def test_all_that_is_missing_of_a_mixture_is_named_at_once(draw, rows, tmp_path):
    for name in ("qa/en/dev", "nli/en/train"):
        (tmp_path / "data" / f"{name}.jsonl").unlink()
    with pytest.raises(MissingError, match=r"(?s)qa dev en.*nli train en|nli train en.*qa dev en"):
        draw_mixture(draw, "qa+nli")


def test_translated_data_are_read_where_the_record_says(draw, rows):
    stage = first(draw_mixture(draw, "nli@de"))
    assert (stage.task, stage.inputs.languages) == ("nli@de", ("de",))
    assert stage.inputs.data.keys() == {"nli@de/train/de", "nli@de/dev/en"}
    assert list(stage.inputs.tasks["train"].translated) == ["de"]


def test_several_languages_are_learnt_at_once_and_english_may_be_among_them(draw, rows):
    stage = first(draw_mixture(draw, "nli@en,de,ru"))
    assert stage.inputs.languages == ("en", "de", "ru")
    assert len({identity for key, identity in stage.inputs.data.items() if "/train/" in key}) == 3
    assert first(draw_mixture(draw, "nli@en")).id == first(draw_mixture(draw, "nli")).id


def test_the_same_task_twice_is_the_task_in_both_languages(draw, rows):
    assert first(draw_mixture(draw, "nli@de+nli@ru")).id == first(draw_mixture(draw, "nli@de,ru")).id
    mixed = first(draw_mixture(draw, "qa+nli@de"))
    assert (mixed.task, mixed.inputs.languages) == ("qa+nli@de", ("en", "de"))


def test_a_translation_in_a_folder_of_ones_own(draw, rows, tmp_path):
    write_row(tmp_path, "own/sw/train", "habari")
    stage = first(draw_mixture(draw, "nli@sw", data=f"{tmp_path / 'data'},nli={tmp_path / 'data' / 'own'}"))
    assert stage.inputs.data.keys() == {"nli@sw/train/sw", "nli@sw/dev/en"}


@pytest.mark.parametrize(
    ("inter", "problem"),
    [
        ("nli@sw", "no training data in sw"),
        ("nli@", "names no language"),
        ("qa+pairs", "'pairs' is not an intermediate task"),
    ],
)
def test_what_does_not_fit_is_an_error(draw, rows, inter, problem):
    with pytest.raises(UsageError, match=problem) as caught:
        draw_mixture(draw, inter)
    assert caught.value.todo


def test_a_name_for_a_mixture(draw, rows, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.toml").write_text('[mixtures]\nboth = "qa+nli@de"\n')
    assert first(draw_mixture(draw, "both")).task == "both"


def test_languages_after_an_at_belong_together():
    words = ["nli@en", "de", "squad", "squad@es+nli@de", "ru+qqp", "mlm"]
    assert joined(words) == ["nli@en,de", "squad", "squad@es+nli@de,ru+qqp", "mlm"]


@pytest.fixture
def rows_of_targets(tmp_path, all_rows):
    write_row(tmp_path, "org/de/train", "eine Zeile")
    for lang in ("de", "en"):
        for split in ("train", "dev", "test"):
            write_row(tmp_path, f"own/{lang}/{split}", f"{split} {lang}")


def draw_targets(draw, target, **options):
    qa = made_tasks.qa(translated={"de": translated("de")})
    own = made_tasks.xqa("own", data=made_tasks.data("own", "train", "dev", "test"), train_from=None)
    return draw("none", target, (qa, made_tasks.xqa(), own), langs=("de",), **options)


def test_a_target_trained_in_its_own_language(draw, rows_of_targets):
    stage = first(draw_targets(draw, "xqa", train_lang="de"))
    assert (stage.phase, stage.task) == ("target", "qa@de")
    assert stage.inputs.data.keys() == {"qa@de/train/de", "qa/dev/en"}
    own = first(draw_targets(draw, "own", train_lang="de"))
    assert own.inputs.data.keys() == {"own@de/train/de", "own/dev/de"}
    assert first(draw_targets(draw, "own", train_lang="en")).id == first(draw_targets(draw, "own")).id


def test_a_language_that_a_target_can_not_be_trained_in(draw, rows_of_targets):
    with pytest.raises(UsageError, match="no training data in sw"):
        draw_targets(draw, "xqa", train_lang="sw")


def test_a_share_of_the_training_rows(draw, rows):
    assert first(draw_mixture(draw, "qa", limit_train=0.1)).inputs.limit_train == 0.1
    assert [limit(None, None, text) for text in ("10%", "2.5%", "30", "100%", None)] == [0.1, 0.025, 30, 1.0, None]
    for wrong, problem in ((0.0, "leaves no rows"), (1.5, "is not a share")):
        with pytest.raises(UsageError, match=problem):
            draw_mixture(draw, "qa", limit_train=wrong)
    with pytest.raises(click.BadParameter, match="10%"):
        limit(None, None, "ten")
