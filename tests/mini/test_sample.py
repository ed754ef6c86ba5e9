"""The embedded sample data: consistent, without duplicates, without leaks between the parts."""

import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

import xh.mini

SAMPLE = Path(xh.mini.__file__).parent / "sample"

XQUAD = ["ar", "de", "en", "es", "hi", "ru", "th", "zh"]
XNLI = ["ar", "de", "en", "es", "hi", "ru", "sw", "th", "zh"]
TATOEBA = [
    "afr",
    "ara",
    "ben",
    "bul",
    "cmn",
    "deu",
    "ell",
    "est",
    "eus",
    "fin",
    "fra",
    "heb",
    "hin",
    "hun",
    "ind",
    "ita",
    "jav",
    "jpn",
    "kat",
    "kaz",
    "kor",
    "mal",
    "mar",
    "nld",
    "pes",
    "por",
    "rus",
    "spa",
    "swh",
    "tam",
    "tel",
    "tgl",
    "tha",
    "tur",
    "urd",
    "vie",
]
BUCC = ["de", "fr", "ru", "zh"]
BUCC_PARTS = ["sample", "training"]

PAWSX = ["de", "en", "es", "fr", "ja", "ko", "zh"]
UDPOS = ["Arabic", "Chinese", "English", "German", "Hindi", "Russian", "Spanish", "Turkish"]
PANX = ["ar", "de", "en", "es", "hi", "ru", "sw", "zh"]
MLQA = ["ar", "de", "en", "es", "hi", "vi", "zh"]
TYDIQA = ["arabic", "bengali", "english", "finnish", "indonesian", "korean", "russian", "swahili", "telugu"]

SQUAD = {split: f"rajpurkar/squad/plain_text/{split}.jsonl" for split in ("train", "validation")}
MNLI = {split: f"nyu-mll/glue/mnli/{split}.jsonl" for split in ("train", "validation_matched")}


def trained(folder):
    return {split: f"{folder}/{split}.jsonl" for split in ("train", "validation")}


SQUAD_V2 = trained("rajpurkar/squad_v2/squad_v2")
SNLI = trained("stanfordnlp/snli/plain_text")
ANLI = [f"facebook/anli/plain_text/{split}_r{number}.jsonl" for split in ("train", "dev") for number in (1, 2, 3)]
QQP = trained("nyu-mll/glue/qqp")
HELLASWAG = trained("Rowan/hellaswag/default")
COSMOS_QA = trained("allenai/cosmos_qa/default")
COMMONSENSE_QA = trained("tau/commonsense_qa/default")
CCG = trained("local/ccg")
TYDIQA_FILES = trained("google-research-datasets/tydiqa/secondary_task")
CHOICES = {*HELLASWAG.values(), *COSMOS_QA.values(), *COMMONSENSE_QA.values()}

QA_FILES = [*SQUAD.values(), *(f"google/xquad/xquad.{lang}/validation.jsonl" for lang in XQUAD)]
MLQA_FILES = [f"facebook/mlqa/mlqa.{lang}.{lang}/test.jsonl" for lang in MLQA]
MORE_QA_FILES = [*MLQA_FILES, "facebook/mlqa/mlqa.en.en/validation.jsonl", *TYDIQA_FILES.values()]
NLI_FILES = [
    *MNLI.values(),
    *SNLI.values(),
    *ANLI,
    *(f"facebook/xnli/{lang}/test.jsonl" for lang in XNLI),
    *(f"facebook/xnli/{lang}/validation.jsonl" for lang in ("de", "en")),
]
PAIR_FILES = [
    *QQP.values(),
    *trained("google-research-datasets/paws-x/en").values(),
    *(f"google-research-datasets/paws-x/{lang}/test.jsonl" for lang in PAWSX),
]
TAG_FILES = {
    "pos_tags": [*trained("google/xtreme/udpos.English").values()]
    + [f"google/xtreme/udpos.{name}/test.jsonl" for name in UDPOS],
    "ner_tags": [*trained("google/xtreme/PAN-X.en").values()]
    + [f"google/xtreme/PAN-X.{lang}/test.jsonl" for lang in PANX],
    "supertags": [*CCG.values()],
}
TAGGED = [(column, path) for column, paths in TAG_FILES.items() for path in paths]
TATOEBA_FILES = [f"google/xtreme/tatoeba.{lang}/validation.jsonl" for lang in TATOEBA]
ALL_FILES = [
    *QA_FILES,
    *MORE_QA_FILES,
    *SQUAD_V2.values(),
    *NLI_FILES,
    *PAIR_FILES,
    *sorted(CHOICES),
    *(path for _, path in TAGGED),
    *TATOEBA_FILES,
]
REPOSITORIES = sorted({"/".join(path.split("/")[:2]) for path in ALL_FILES})


def lines(path):
    text = (SAMPLE / path).read_text(encoding="utf-8")
    assert text.endswith("\n")
    return text[:-1].split("\n")


def rows(path):
    return [json.loads(line) for line in lines(path)]


def bucc(lang, part, ext):
    result = [line.split("\t") for line in lines(f"bucc2018/{lang}-en/{lang}-en.{part}.{ext}")]
    assert all(len(fields) == 2 for fields in result)
    return result


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def test_the_files_are_the_expected_ones():
    found = {path.relative_to(SAMPLE).as_posix() for path in SAMPLE.rglob("*.jsonl")}
    assert found == set(ALL_FILES)
    texts = {path.relative_to(SAMPLE).as_posix() for path in (SAMPLE / "bucc2018").rglob("*-en.*")}
    assert texts == {
        f"bucc2018/{lang}-en/{lang}-en.{part}.{ext}"
        for lang in BUCC
        for part in BUCC_PARTS
        for ext in (lang, "en", "gold")
    }


def test_the_sample_is_small():
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 3_000_000


@pytest.mark.parametrize("folder", REPOSITORIES)
def test_the_readme_of_a_repository_lists_each_of_its_files(folder):
    readme = (SAMPLE / folder / "README.md").read_text(encoding="utf-8")
    front = readme.split("---\n")[1].splitlines()
    listed = [line.split("path: ")[1] for line in front if "path: " in line]
    files = {path.relative_to(SAMPLE / folder).as_posix() for path in (SAMPLE / folder).rglob("*.jsonl")}
    assert len(listed) == len(set(listed))
    assert set(listed) == files


def test_the_readme_says_what_the_sample_is():
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert "CC0-1.0" in readme
    assert "not XTREME scores" in readme


@pytest.mark.parametrize("path", ALL_FILES)
def test_rows_parse_have_the_same_columns_and_are_not_duplicated(path):
    content = rows(path)
    assert content
    assert all(row.keys() == content[0].keys() for row in content)
    keys = [
        json.dumps({name: value for name, value in row.items() if name not in ("id", "idx")}, sort_keys=True)
        for row in content
    ]
    assert len(set(keys)) == len(keys)
    for row in content:
        for text in strings(row):
            assert text and text == text.strip(), row
            assert "\n" not in text and "\ufffd" not in text, row


# Question answering


@pytest.mark.parametrize("path", [*QA_FILES, *MORE_QA_FILES])
def test_answers_are_at_their_offsets(path):
    for row in rows(path):
        texts, starts = row["answers"]["text"], row["answers"]["answer_start"]
        assert len(texts) == len(starts) >= 1
        for text, start in zip(texts, starts, strict=True):
            assert row["context"][start : start + len(text)] == text, row["id"]


@pytest.mark.parametrize("path", [*QA_FILES, *MORE_QA_FILES, *SQUAD_V2.values()])
def test_question_ids_are_unique(path):
    ids = [row["id"] for row in rows(path)]
    assert len(set(ids)) == len(ids)


def test_squad_is_large_enough_and_has_a_long_paragraph():
    train, validation = rows(SQUAD["train"]), rows(SQUAD["validation"])
    assert len(train) >= 300 and len(validation) >= 60
    assert len({row["context"] for row in train}) >= 60
    assert max(len(row["context"].split()) for row in train) >= 500
    assert all(row.keys() == {"id", "title", "context", "question", "answers"} for row in train + validation)
    assert all(len(row["answers"]["text"]) == 1 for row in train)
    assert not {row["id"] for row in train} & {row["id"] for row in validation}


def test_no_context_is_shared_between_squad_train_validation_and_xquad():
    train = {row["context"] for row in rows(SQUAD["train"])}
    validation = {row["context"] for row in rows(SQUAD["validation"])}
    xquad = {row["context"] for lang in XQUAD for row in rows(f"google/xquad/xquad.{lang}/validation.jsonl")}
    assert not train & validation
    assert not (train | validation) & xquad


@pytest.mark.parametrize("lang", XQUAD)
def test_xquad_has_the_same_questions_in_every_language(lang):
    english = rows("google/xquad/xquad.en/validation.jsonl")
    other = rows(f"google/xquad/xquad.{lang}/validation.jsonl")
    assert [row["id"] for row in other] == [row["id"] for row in english]
    # The paragraphs change at the same questions.
    changes = [
        [first["context"] != second["context"] for first, second in itertools.pairwise(content)]
        for content in (english, other)
    ]
    assert changes[0] == changes[1]
    if lang != "en":
        assert not {row["context"] for row in other} & {row["context"] for row in english}
    longest = max((row["context"] for row in other), key=len)
    assert len(longest) >= (800 if lang == "zh" else 2000)


@pytest.mark.parametrize("path", SQUAD_V2.values())
def test_a_third_of_the_questions_of_squad_v2_have_no_answer(path):
    content = rows(path)
    answers = [row["answers"] for row in content]
    assert sum(not answer["text"] for answer in answers) == len(content) / 3
    for row, answer in zip(content, answers, strict=True):
        assert len(answer["text"]) == len(answer["answer_start"]) <= 1
        for text, start in zip(answer["text"], answer["answer_start"], strict=True):
            assert row["context"][start : start + len(text)] == text, row["id"]


@pytest.mark.parametrize("path", MLQA_FILES)
def test_mlqa_has_the_same_questions_in_every_language(path):
    content = rows(path)
    assert len(content) == 12
    assert [row["id"] for row in content] == [row["id"] for row in rows(MLQA_FILES[0])]


def test_the_ids_of_tydiqa_begin_with_the_language_and_english_is_not_all_there_is():
    counts = {split: Counter(row["id"].split("-")[0] for row in rows(path)) for split, path in TYDIQA_FILES.items()}
    assert counts["validation"] == dict.fromkeys(TYDIQA, 12)
    assert counts["train"]["english"] == 24 and len(counts["train"]) > 1


@pytest.mark.parametrize("files", [SQUAD_V2, TYDIQA_FILES, COSMOS_QA])
def test_training_and_validation_share_no_context(files):
    train, validation = ({row["context"] for row in rows(path)} for path in files.values())
    assert not train & validation


# Natural language inference and other pairs


@pytest.mark.parametrize("path", NLI_FILES)
def test_labels_are_in_range_and_balanced(path):
    counts = Counter(row["label"] for row in rows(path))
    assert set(counts) == {0, 1, 2}
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("path", NLI_FILES)
def test_no_pair_occurs_twice_with_different_labels(path):
    pairs = [(row["premise"], row["hypothesis"]) for row in rows(path)]
    assert len(set(pairs)) == len(pairs)


def test_mnli_is_large_enough_and_its_idx_count_up():
    train, validation = rows(MNLI["train"]), rows(MNLI["validation_matched"])
    assert len(train) >= 400 and len(validation) >= 90
    for content in (train, validation):
        assert [row["idx"] for row in content] == list(range(len(content)))


def test_no_premise_is_shared_between_mnli_train_validation_and_xnli():
    train = {row["premise"] for row in rows(MNLI["train"])}
    validation = {row["premise"] for row in rows(MNLI["validation_matched"])}
    test = {row["premise"] for lang in XNLI for row in rows(f"facebook/xnli/{lang}/test.jsonl")}
    dev = {row["premise"] for lang in ("de", "en") for row in rows(f"facebook/xnli/{lang}/validation.jsonl")}
    parts = [train, validation, test, dev]
    assert sum(map(len, parts)) == len(set().union(*parts))


@pytest.mark.parametrize("files", [[*SNLI.values()], ANLI])
def test_no_premise_is_shared_between_the_files_of_snli_and_of_anli(files):
    parts = [{row["premise"] for row in rows(path)} for path in files]
    assert sum(map(len, parts)) == len(set().union(*parts))


@pytest.mark.parametrize("lang", XNLI)
def test_xnli_has_the_same_labels_in_every_language(lang):
    english, other = rows("facebook/xnli/en/test.jsonl"), rows(f"facebook/xnli/{lang}/test.jsonl")
    assert len(english) >= 45
    assert [row["label"] for row in other] == [row["label"] for row in english]
    if lang != "en":
        assert not {row["premise"] for row in other} & {row["premise"] for row in english}


@pytest.mark.parametrize("path", PAIR_FILES)
def test_pairs_have_two_balanced_labels(path):
    content = rows(path)
    counts = Counter(row["label"] for row in content)
    assert set(counts) == {0, 1}
    assert abs(counts[0] - counts[1]) <= len(content) / 10
    names = [name for name in content[0] if name not in ("id", "idx", "label")]
    assert len({tuple(row[name] for name in names) for row in content}) == len(content)


@pytest.mark.parametrize("lang", PAWSX)
def test_pawsx_has_the_same_labels_in_every_language(lang):
    english, other = (rows(f"google-research-datasets/paws-x/{code}/test.jsonl") for code in ("en", lang))
    assert [(row["id"], row["label"]) for row in other] == [(row["id"], row["label"]) for row in english]


# Multiple choice


def choices(row):
    """The choices of a row and the number of the right one."""
    if "endings" in row:
        return row["endings"], int(row["label"])
    if "answer0" in row:
        return [row[f"answer{number}"] for number in range(4)], row["label"]
    return row["choices"]["text"], row["choices"]["label"].index(row["answerKey"])


@pytest.mark.parametrize("path", sorted(CHOICES))
def test_choices_differ_and_the_right_ones_are_in_all_places(path):
    content = [choices(row) for row in rows(path)]
    (count,) = {len(texts) for texts, _ in content}
    assert count == (5 if "commonsense" in path else 4)
    assert all(len(set(texts)) == count for texts, _ in content)
    places = Counter(right for _, right in content)
    assert set(places) == set(range(count)) and max(places.values()) <= len(content) / 2


@pytest.mark.parametrize("path", HELLASWAG.values())
def test_a_context_of_hellaswag_is_its_two_parts(path):
    assert all(row["ctx"] == f"{row['ctx_a']} {row['ctx_b']}" for row in rows(path))


# Tagging


@pytest.mark.parametrize(("column", "path"), TAGGED)
def test_every_word_has_a_tag(column, path):
    for row in rows(path):
        assert len(row["tokens"]) == len(row[column]) > 2
        assert all(token == token.strip() and " " not in token for token in row["tokens"])


@pytest.mark.parametrize("path", TAG_FILES["pos_tags"])
def test_parts_of_speech_are_in_range_and_sentences_end_with_punctuation(path):
    content = rows(path)
    used = {tag for row in content for tag in row["pos_tags"]}
    assert used <= set(range(17)) and len(used) >= 9
    assert all(row["pos_tags"][-1] == 12 for row in content)


@pytest.mark.parametrize("path", TAG_FILES["ner_tags"])
def test_names_begin_with_b_and_all_three_types_occur(path):
    content = rows(path)
    for row in content:
        for before, tag in itertools.pairwise([0, *row["ner_tags"]]):
            assert tag not in (2, 4, 6) or before in (tag - 1, tag), row
        assert len(set(row["langs"])) == 1
    assert {tag for row in content for tag in row["ner_tags"]} >= {0, 1, 3, 5}


@pytest.mark.parametrize("path", TAG_FILES["supertags"])
def test_brackets_of_ccg_categories_are_paired(path):
    for row in rows(path):
        for category in row["supertags"]:
            assert category.count("(") == category.count(")") and category.count("[") == category.count("]")


# Sentence retrieval


@pytest.mark.parametrize("lang", TATOEBA)
def test_tatoeba_sentences_differ(lang):
    content = rows(f"google/xtreme/tatoeba.{lang}/validation.jsonl")
    assert len(content) >= 40
    assert {(row["source_lang"], row["target_lang"]) for row in content} == {(lang, "eng")}
    for side in ("source_sentence", "target_sentence"):
        assert len({row[side] for row in content}) == len(content)
    assert all(row["source_sentence"] != row["target_sentence"] for row in content)


@pytest.mark.parametrize("part", BUCC_PARTS)
@pytest.mark.parametrize("lang", BUCC)
def test_bucc_ids_count_up_and_no_sentence_occurs_twice_in_a_side(lang, part):
    for side in (lang, "en"):
        content = bucc(lang, part, side)
        assert len(content) >= 150
        assert [key for key, _ in content] == [f"{side}-{n:09d}" for n in range(1, len(content) + 1)]
        sentences = [sentence for _, sentence in content]
        assert len(set(sentences)) == len(sentences)
        assert all(sentence and sentence == sentence.strip() for sentence in sentences)


@pytest.mark.parametrize("part", BUCC_PARTS)
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
        sample, training = ({sentence for _, sentence in bucc(lang, part, side)} for part in BUCC_PARTS)
        assert not sample & training
