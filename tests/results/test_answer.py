"""The answer in words: planted results, and the sentence that each of them carries and no more."""

import pytest

from helpers.planted import CODES, arm, over, together
from xh.results.answer import answer
from xh.results.records import Results

MIXED = dict(zip(CODES, [3.0] * 5 + [-3.0] * 4 + [0.1] * 6, strict=True))
NUMBERS = (
    "95% interval [{}, {}] over examples, sd 0.2 over 3 seeds; "
    "beyond chance better in {} and worse in {} of 15 languages."
)
SENTENCES = {
    "gain": (
        arm(over(15, 1.9)),
        "Yes: mnli helps xnli; mean +1.9 points over 15 languages, " + NUMBERS.format("+1.6", "+2.2", 15, 0),
    ),
    "loss": (
        arm(over(15, -1.9)),
        "No: mnli hurts xnli; mean -1.9 points over 15 languages, " + NUMBERS.format("-2.2", "-1.6", 0, 15),
    ),
    "nothing but chance": (
        arm(over(15, 0.1)),
        "Undecided: with mnli first, xnli is neither clearly better nor worse; mean +0.1 points over 15 languages, "
        + NUMBERS.format("-0.2", "+0.4", 0, 0),
    ),
    "mixed": (
        arm(MIXED),
        "The picture is mixed: mnli helps xnli in some languages and hurts it in others; mean +0.2 points over "
        "15 languages, " + NUMBERS.format("-0.1", "+0.5", 5, 4),
    ),
    "mixed, one seed": (
        arm(MIXED, seeds=(1,)),
        "The picture is mixed: mnli helped xnli in some languages and hurt it in others in this one training; mean "
        "+0.2 points over 15 languages, 95% interval [-0.1, +0.5] over examples; beyond chance better in 5 and worse "
        "in 4 of 15 languages.",
    ),
    "at chance": (
        arm(over(3, 0.4), base=33.5),
        "Nothing can be said: xnli is at chance with and without mnli, 33.9 against 33.5, where guessing scores 33.3.",
    ),
    "one seed": (
        arm(over(2, 1.9), seeds=(1,)),
        "Yes: mnli helped xnli in this one training; mean +1.9 points over 2 languages, 95% interval [+1.6, +2.2] over "
        "examples; beyond chance better in 2 and worse in 0 of 2 languages.",
    ),
    "seeds that differ": (
        arm(over(2, 1.9), sds=(1.5,)),
        "Undecided: what mnli does to xnli differs too much from seed to seed; mean +1.9 points over 2 languages, "
        "95% interval [+1.6, +2.2] over examples, sd 1.5 over 3 seeds; beyond chance better in 0 and worse in 0 of 2 "
        "languages.",
    ),
    "no interval": (
        arm(over(2, 1.9), half=None, mean_half=None, seeds=()),
        "Not known: mean +1.9 points over 2 languages; there is no interval, so this may be chance.",
    ),
    "no average": (
        arm(over(2, 1.9), reasons=("sample data", "mnli lacks sw, which others have")),
        "Not known: xnli after mnli has no average that can be compared (mnli lacks sw, which others have).",
    ),
    "no baseline": (
        arm(over(2, 1.9), baseline=False),
        "Not known: xnli is at 61.9 after mnli, but no baseline is finished.",
    ),
    "several": (
        together(
            arm(over(3, 1.9)),
            arm(over(3, 0.1), inter="squad"),
            arm(over(3, 0.9), target="pawsx"),
            arm(over(3, -1.2), inter="squad", target="pawsx"),
        ),
        "Mixed: better in 2 and worse in 1 of 4 comparisons; 1 undecided, as it may be chance. "
        "Largest gain: mnli → xnli, +1.9 [+1.6, +2.2] points. Largest loss: squad → pawsx, -1.2 [-1.5, -0.9] points.",
    ),
    "several without a difference": (
        together(arm(over(3, 0.1)), arm(over(3, -0.1), inter="squad"), arm(over(3, 0.5), inter="qqp", baseline=False)),
        "No difference is shown: better in 0 and worse in 0 of 3 comparisons; 2 undecided, as it may be chance, "
        "1 without a baseline.",
    ),
    "baselines": (
        together(*(arm(over(3, 0), inter="none", target=target) for target in ("a", "b", "c", "d"))),
        "Only baselines are finished, so nothing is compared: a 60.0, b 60.0, c 60.0 and 1 more.",
    ),
    "nothing": (Results(), "No evaluation is finished yet."),
}


@pytest.mark.parametrize("planted", SENTENCES)
def test_the_sentence_says_what_was_planted(planted):
    results, sentence = SENTENCES[planted]
    assert answer(results).sentence == sentence


@pytest.mark.parametrize("count", [1, 20])
def test_a_difference_that_several_comparisons_explain_is_no_gain(count):
    """Its interval just excludes zero: enough for one comparison, not for one in twenty."""
    others = [arm(over(2, 0.0), inter=f"task{number}") for number in range(count - 1)]
    found = answer(together(arm(over(2, 0.33), sds=(0.01,)), *others))
    assert found.sentence.startswith("Yes" if count == 1 else "No difference is shown")


def test_a_gain_from_chance_is_a_gain():
    found = answer(together(arm(over(2, 20.0), base=33.5, target="xnli")))
    assert found.sentence.startswith("Yes: mnli helps xnli; mean +20.0 points")


def test_the_question_names_tasks_or_how_many_they_are():
    assert answer(arm(over(2, 1.0))).question == "Does training on mnli first make xnli better in other languages?"
    several = together(*(arm(over(2, 1.0), inter=inter) for inter in ("a", "b", "c")))
    assert answer(several).question == "Does training on a, b or c first make xnli better in other languages?"
    more = together(*(arm(over(2, 1.0), target=target) for target in ("a", "b", "c", "d")))
    assert answer(more).question == "Does training on mnli first make 4 targets better in other languages?"


def test_what_a_reader_must_know_besides_is_said():
    one = answer(together(arm(over(2, 1.0), seeds=(1,)), arm(over(2, 1.0), inter="squad", seeds=(1,))))
    assert one.caveats == (
        "Intervals are over examples; with one seed they do not say how much trainings differ.",
        "Better and worse: p < 0.05 over examples (paired bootstrap), corrected by Holm for all 2.",
    )
    partly = answer(together(arm(over(2, 1.0)), arm(over(2, 1.0), inter="squad", reasons=("sample data",))))
    assert partly.caveats[-1] == "6 of 12 scores cannot be compared with published XTREME scores; the notes say why."


def test_names_cannot_steer_what_shows_them():
    found = answer(arm(over(2, 1.0), inter="\x1b[31mred", target="a\nb"))
    assert "\x1b" not in found.sentence + found.question and "\n" not in found.sentence + found.question
