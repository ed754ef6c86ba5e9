"""Running text in the plan: all languages at once, those that are missing left out, a folder of one's own."""

import pytest

from helpers import made_tasks
from helpers.made_tasks import write_row
from xh.spec import Hub, MissingError, TaskSpec, UsageError


def text(**fields):
    data = Hub("org/text", "main", {"train": "all", "dev": "all"}, config="{lang}")
    defaults = {"roles": ("intermediate",), "languages": ("de", "en", "sw"), "data": data}
    return TaskSpec(name="text", kind="mlm", metric="accuracy", **(defaults | fields))


@pytest.fixture
def rows(tmp_path):
    write_row(tmp_path, "pairs/de/test")


def draw_text(draw, **options):
    tasks = (text(), made_tasks.pairs(), made_tasks.qa())
    return draw("text", "pairs", tasks, langs=("de",), baseline=False, **options)


def first(drawn):
    return next(iter(drawn.stages.values())).inputs


def test_all_languages_whose_text_is_there_are_learnt_at_once(draw, rows, tmp_path):
    write_row(tmp_path, "org/text/de/all"), write_row(tmp_path, "org/text/sw/all", "habari")
    drawn = draw_text(draw)
    assert first(drawn).languages == ("de", "sw")
    assert first(drawn).data.keys() == {f"text/{split}/{lang}" for split in ("train", "dev") for lang in ("de", "sw")}
    assert ("text", "train", "en") in drawn.left_out


def test_without_any_text_nothing_starts(draw, rows):
    with pytest.raises(MissingError, match="text train de, en, sw"):
        draw_text(draw)


def test_a_folder_of_ones_own_counts_by_its_content_and_not_by_its_place(draw, rows, tmp_path):
    ids = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "de.txt").write_text("eine Zeile\n")
        drawn = draw_text(draw, data=f"{tmp_path / 'data'},text={folder}")
        assert first(drawn).languages == ("de",)
        ids.append(next(iter(drawn.stages)))
    assert ids[0] == ids[1]
    (folder / "de.txt").write_text("eine andere Zeile\n")
    assert next(iter(draw_text(draw, data=f"{tmp_path / 'data'},text={folder}").stages)) != ids[0]


def test_a_folder_for_a_task_that_is_not_run_is_an_error(draw, rows, tmp_path):
    write_row(tmp_path, "org/text/de/all")
    with pytest.raises(UsageError, match="'qa'") as caught:
        draw_text(draw, data=f"{tmp_path / 'data'},pairs={tmp_path},qa={tmp_path}")
    assert caught.value.todo
    with pytest.raises(MissingError, match="there is no such folder"):
        draw_text(draw, data=f"{tmp_path / 'data'},text={tmp_path}/nowhere")
    with pytest.raises(UsageError, match="needs a folder"):
        draw_text(draw, data="text=hub")


def test_running_text_can_not_be_a_target():
    with pytest.raises(ValueError, match="can't be a target"):
        text(roles=("target",), data=Hub("org/text", "main", {"train": "all", "test": "test"}, config="{lang}"))
