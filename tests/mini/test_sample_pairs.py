"""The sample's sentence pairs: labels balanced, the same ones in every language."""

from collections import Counter

import pytest

from helpers.sampleset import MNLI, PAWSX, SMALL, TRAINED, XNLI, by_lang, of_kind, rows

NLI = [path for path in of_kind("classify") if "premise" in rows(path)[0]]
PAIRS = [path for path in of_kind("classify") if path not in NLI]
PARALLEL = [(pattern, lang) for pattern in (XNLI, f"{PAWSX}/{{}}/test.jsonl") for lang in by_lang(pattern)]


@pytest.mark.parametrize("path", [*NLI, *PAIRS])
def test_labels_are_in_range_and_balanced(path):
    counts = Counter(row["label"] for row in rows(path))
    assert set(counts) == ({0, 1, 2} if path in NLI else {0, 1})
    assert max(counts.values()) - min(counts.values()) <= max(1, len(rows(path)) / 10)


@pytest.mark.parametrize("path", [*NLI, *PAIRS])
def test_no_pair_occurs_twice_and_no_text_is_its_own_partner(path):
    names = [name for name in rows(path)[0] if name in ("premise", "hypothesis") or name[-1] in "12"]
    pairs = [tuple(row[name] for name in names) for row in rows(path)]
    assert len(set(pairs)) == len(pairs)
    assert all(first != second for first, second in pairs)


@pytest.mark.parametrize("path", TRAINED[MNLI])
def test_the_idx_of_mnli_count_up(path):
    assert [row["idx"] for row in rows(path)] == list(range(len(rows(path))))


@pytest.mark.parametrize(("pattern", "lang"), PARALLEL)
def test_the_labels_are_the_same_in_every_language(pattern, lang):
    english, other = (rows(pattern.format(code)) for code in ("en", lang))
    assert len(other) >= len(english)
    assert [row["label"] for row in other[: len(english)]] == [row["label"] for row in english]


@pytest.mark.parametrize("lang", ["de", "es", "ru", "sw", "zh"])
def test_the_dev_labels_of_xnli_are_the_same_in_every_language(lang):
    english, other = (rows(f"facebook/xnli/{code}/validation.jsonl") for code in ("en", lang))
    assert [row["label"] for row in other] == [row["label"] for row in english]


def test_no_pair_of_one_file_is_in_another():
    sets = {path: {(row["premise"], row["hypothesis"]) for row in rows(path)} for path in NLI}
    assert sum(map(len, sets.values())) == len(set().union(*sets.values()))


@pytest.mark.parametrize(("path", "least"), zip(SMALL, (150, 30, 50, 50, 50, 15, 15, 15), strict=True))
def test_snli_and_the_rounds_of_anli_can_each_stand_alone(path, least):
    assert len(rows(path)) >= least


@pytest.mark.parametrize("name", ["stanfordnlp/snli", "facebook/anli"])
def test_no_premise_is_shared_between_the_files_of_snli_and_of_anli(name):
    parts = [{row["premise"] for row in rows(path)} for path in SMALL if path.startswith(name)]
    assert sum(map(len, parts)) == len(set().union(*parts))


def test_the_premises_of_xnli_are_written_in_their_languages():
    premises = [{row["premise"] for row in rows(path)} for path in by_lang(XNLI).values()]
    assert sum(map(len, premises)) == len(set().union(*premises))
