"""UDPOS from treebanks, as XTREME makes them; the sentences are made."""

import pytest

from xh.data.locate import locate
from xh.plan.settings import Profile
from xh.plan.variants import varied
from xh.spec import Locations, MissingError
from xh_tasks import udpos


def sentence(*words):
    """CoNLL-U lines from ``id form tag head``."""
    cells = (word.split() for word in words)
    return (
        "".join(f"{i}\t{form.replace('+', ' ')}\t_\t{tag}\t_\t_\t{head}\tdep\t_\t_\n" for i, form, tag, head in cells)
        + "\n"
    )


def read_treebank(tmp_path, text, name="de_made-ud-test.conllu"):
    (tmp_path / name).write_text("# sent_id = 1\n" + text, encoding="utf-8")
    return [list(zip(row["tokens"], row["pos_tags"], strict=True)) for row in udpos.read([tmp_path / name])]


def test_a_fused_token_has_the_tag_of_its_highest_part(tmp_path):
    text = sentence("1 Er PRON 2", "2 geht VERB 0", "3-4 zum _ _", "3 zu ADP 5", "4 dem DET 5", "5 Arzt NOUN 2")
    assert read_treebank(tmp_path, text) == [[("Er", "PRON"), ("geht", "VERB"), ("zum", "ADP"), ("Arzt", "NOUN")]]
    text = sentence("1-2 dámelo _ _", "1 dame VERB 0", "2 lo PRON 1", "3 . PUNCT 1")
    assert read_treebank(tmp_path, text) == [[("dámelo", "VERB"), (".", "PUNCT")]]


@pytest.mark.parametrize(("lang", "tag"), [("de", "NOUN"), ("fr", "PRON"), ("es", "PRON"), ("it", "ADV")])
def test_parts_of_the_same_height_are_ranked_as_for_the_language(tmp_path, lang, tag):
    text = sentence("1-3 abc _ _", "1 a ADV 4", "2 b NOUN 4", "3 c PRON 4", "4 ist VERB 0")
    assert read_treebank(tmp_path, text, f"{lang}_made-ud-test.conllu") == [[("abc", tag), ("ist", "VERB")]]


def test_the_first_of_equal_parts_counts(tmp_path):
    text = sentence("1-2 ab _ _", "1 a SYM 3", "2 b CONJ 3", "3 c VERB 0")
    assert read_treebank(tmp_path, text)[0][0] == ("ab", "SYM")


def test_empty_nodes_are_left_out(tmp_path):
    text = sentence("1 Sie PRON 2", "2 kommt VERB 0", "2.1 kommt VERB _", "3 . PUNCT 2")
    assert read_treebank(tmp_path, text)[0][1:] == [("kommt", "VERB"), (".", "PUNCT")]


@pytest.mark.parametrize(
    ("forms", "kept"),
    [
        ("_ _ _", False),
        ("_ _ x", False),
        ("_ x y", True),
        ("x y z", True),
        ("_ _ x y", True),
        ("_", False),
        ("_ x", False),
        ("x", True),
    ],
)
def test_sentences_whose_words_are_hidden_are_dropped(tmp_path, forms, kept):
    words = forms.split()
    found = read_treebank(tmp_path, sentence(*(f"{i} {form} NOUN 0" for i, form in enumerate(words, 1))))
    assert found == ([[(form, "NOUN") for form in words]] if kept else [])


def test_words_lose_inner_spaces_and_joiners(tmp_path):
    assert read_treebank(tmp_path, sentence("1 10+000 NUM 0", "2 می\u200cروم VERB 1")) == [
        [("10000", "NUM"), ("میروم", "VERB")]
    ]


def test_a_line_that_is_no_conllu_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"de_made-ud-test.conllu, line 3: 'zwei drei' is not a line"):
        read_treebank(tmp_path, "1\tEins\t_\tNUM\t_\t_\t0\t_\t_\t_\nzwei drei\n")


def test_all_treebanks_of_a_language_follow_one_another_by_file_name(tmp_path, tasks):
    for folder, name, form in (("UD_A", "de_zwei", "z"), ("UD_B", "de_eins", "e"), ("UD_C", "den_x", "x")):
        place = tmp_path / "ud-treebanks-v2.5" / folder
        place.mkdir(parents=True)
        (place / f"{name}-ud-test.conllu").write_text(sentence(f"1 {form} X 0"), encoding="utf-8")
    task = varied(tasks["udpos"], Profile(), {"udpos": {"source": "conllu"}})
    paths = locate(task, "test", "de", Locations(store="", data=str(tmp_path)))
    assert [row["tokens"] for row in udpos.read(paths)] == [["e"], ["z"]]


def test_only_the_treebanks_are_official(tasks):
    assert "splits multi-word tokens" in tasks["udpos"].reason
    assert varied(tasks["udpos"], Profile(), {}) == tasks["udpos"]
    assert varied(tasks["udpos"], Profile(), {"udpos": {"source": "conllu"}}).reason is None
