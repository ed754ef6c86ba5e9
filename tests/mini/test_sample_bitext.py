"""The sample's sentence pairs for retrieval: nothing twice, gold pairs on both sides, distractors."""

import pytest

from helpers.sampleset import TATOEBA, by_lang, lines, rows

BUCC = ["de", "fr", "ru", "zh"]
PARTS = ["sample", "training"]


def bucc(lang, part, ext):
    result = [line.split("\t") for line in lines(f"bucc2018/{lang}-en/{lang}-en.{part}.{ext}")]
    assert all(len(fields) == 2 for fields in result)
    return result


def test_tatoeba_has_all_36_languages():
    assert len(by_lang(TATOEBA)) == 36


@pytest.mark.parametrize("lang", by_lang(TATOEBA))
def test_tatoeba_sentences_differ(lang):
    content = rows(TATOEBA.format(lang))
    assert {(row["source_lang"], row["target_lang"]) for row in content} == {(lang, "eng")}
    for side in ("source_sentence", "target_sentence"):
        assert len({row[side] for row in content}) == len(content)
    assert all(row["source_sentence"] != row["target_sentence"] for row in content)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("lang", BUCC)
def test_bucc_ids_count_up_and_no_sentence_occurs_twice_in_a_side(lang, part):
    for side in (lang, "en"):
        content = bucc(lang, part, side)
        assert len(content) >= 150
        assert [key for key, _ in content] == [f"{side}-{n:09d}" for n in range(1, len(content) + 1)]
        sentences = [sentence for _, sentence in content]
        assert len(set(sentences)) == len(sentences)
        assert all(sentence and sentence == sentence.strip() for sentence in sentences)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("lang", BUCC)
def test_bucc_gold_ids_exist_on_both_sides_and_occur_once(lang, part):
    gold = bucc(lang, part, "gold")
    assert len(gold) >= 60
    for position, side in enumerate((lang, "en")):
        used = [pair[position] for pair in gold]
        assert len(set(used)) == len(used)
        present = {key for key, _ in bucc(lang, part, side)}
        assert set(used) < present


@pytest.mark.parametrize("lang", BUCC)
def test_bucc_sample_and_training_are_disjoint(lang):
    for side in (lang, "en"):
        sample, training = ({sentence for _, sentence in bucc(lang, part, side)} for part in PARTS)
        assert not sample & training
