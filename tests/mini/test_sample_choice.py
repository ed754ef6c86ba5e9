"""The sample's multiple choice: different choices, the right one in any place."""

from collections import Counter

import pytest

from helpers.sampleset import HELLASWAG, TRAINED, of_kind, rows

COUNTS = {"commonsense": 5, "siqa": 3, "copa": 2}


def choices(row):
    """The choices of a row and the number of the right one."""
    if "endings" in row:
        return row["endings"], int(row["label"])
    if "answer0" in row:
        return [row[f"answer{number}"] for number in range(4)], row["label"]
    if "choice1" in row:
        return [row["choice1"], row["choice2"]], row["label"]
    if "answerA" in row:
        return [row[f"answer{letter}"] for letter in "ABC"], int(row["label"]) - 1
    return row["choices"]["text"], row["choices"]["label"].index(row["answerKey"])


@pytest.mark.parametrize("path", of_kind("choice"))
def test_choices_differ_and_the_right_ones_are_in_all_places(path):
    content = [choices(row) for row in rows(path)]
    (count,) = {len(texts) for texts, _ in content}
    assert count == next((n for name, n in COUNTS.items() if name in path), 4)
    assert all(len(set(texts)) == count for texts, _ in content)
    places = Counter(right for _, right in content)
    assert set(places) == set(range(count)) and max(places.values()) <= 1.5 * len(content) / count


@pytest.mark.parametrize("path", TRAINED[HELLASWAG])
def test_a_context_of_hellaswag_is_its_two_parts(path):
    assert all(row["ctx"] == f"{row['ctx_a']} {row['ctx_b']}" for row in rows(path))


@pytest.mark.parametrize("path", of_kind("choice"))
def test_the_longest_choice_is_not_always_the_right_one(path):
    longest = [max(texts, key=len) == texts[right] for texts, right in map(choices, rows(path))]
    assert sum(longest) <= len(longest) / 2
