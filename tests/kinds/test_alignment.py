"""The kind probe: its measures against loops and the published steps, and evaluations with the embedded encoder."""

from types import SimpleNamespace

import numpy as np
import pytest

from xh.api import Encoding, Locations, MissingError, encode_layers
from xh.kinds.scores import scores
from xh.mini import ENCODER, SAMPLE
from xh.model.weights import load_body
from xh.plugins import registry
from xh.spec.examples import Examples
from xh_probe.kind import Probe
from xh_probe.measures import centred, isotropy, margin, similarity
from xh_probe.words import read

KIND = Probe()
DRAWN = np.random.default_rng(0)
X, Y = DRAWN.normal(1, 1, (7, 5)), DRAWN.normal(0.5, 2, (7, 5))


def cosine(one, other):
    return one @ other / np.sqrt((one @ one) * (other @ other))


def test_similarity_and_margin_are_those_of_loops_over_pairs_and_non_pairs():
    assert similarity(X, Y) == pytest.approx([cosine(*pair) for pair in zip(X, Y, strict=True)])
    for i, found in enumerate(margin(X, Y)):
        others = [j for j in range(7) if j != i]
        away = np.mean([cosine(X[i], Y[j]) for j in others] + [cosine(X[j], Y[i]) for j in others])
        assert found == pytest.approx(cosine(X[i], Y[i]) - away)


def test_a_single_pair_and_a_vector_of_zeros_have_values():
    assert margin(X[:1], Y[:1]) == pytest.approx([cosine(X[0], Y[0])])
    assert similarity(np.zeros((2, 5)), Y[:2]).tolist() == [0, 0]
    assert isotropy(np.zeros((3, 5))) == 0


@pytest.mark.parametrize("rows", [4, 400])
def test_isotropy_of_centred_vectors_is_the_isoscore_by_its_published_steps(rows):
    """Rudman et al. 2022: reorient by principal components, normalise the variances, take the defect, rescale."""
    vectors = DRAWN.normal(3, [1, 2, 3, 1, 1, 5], (rows, 6))
    n = vectors.shape[1]
    variances = np.linalg.eigvalsh(np.cov(vectors.T))
    normalised = np.sqrt(n) * variances / np.linalg.norm(variances)
    defect = np.linalg.norm(normalised - 1) / np.sqrt(2 * (n - np.sqrt(n)))
    used = (n - defect**2 * (n - np.sqrt(n))) ** 2 / n**2
    assert isotropy(centred(vectors)) == pytest.approx((n * used - 1) / (n - 1))


def test_isotropy_is_one_for_all_directions_alike_and_zero_for_one():
    assert isotropy(np.vstack([np.eye(4), -np.eye(4)])) == pytest.approx(1)
    assert isotropy(np.outer([1, 2, 3], [1, 0, 0, 1])) == pytest.approx(0)
    assert isotropy(np.eye(4) + 100) == pytest.approx(0, abs=1e-3), "a mean far from zero is a direction of all"


@pytest.fixture(scope="module")
def examples():
    rows = {"source": ["Katze", "Haus", "Hund", "Tag"], "target": ["cat", "house", "dog", "day"]}
    return Examples(rows, "words test de", "de")


@pytest.fixture(scope="module")
def predicted(examples):
    job = SimpleNamespace(
        task=SimpleNamespace(name="words"), recipe=Encoding(precision="fp32"), start=ENCODER,
        locations=Locations(store=""),
    )  # fmt: skip
    other = Examples({"source": ["chat"], "target": ["cat"]}, "words test fr", "fr")
    return dict(KIND.predict(job, {"de": examples, "fr": other}))


def test_each_layer_has_its_values_as_of_its_own_vectors(examples, predicted):
    body, tokenizer = load_body(ENCODER)
    source, target = (
        encode_layers(body, examples[side], dtype="float32", tokenizer=tokenizer) for side in ("source", "target")
    )
    found = scores(KIND, predicted["de"], examples, registry().task("word_alignment"))
    assert next(iter(found)) == "centred_margin" and len(found) == 6 * 8
    for layer in (0, 3, 6):
        x, y = source[layer].astype(float), target[layer].astype(float)
        assert found[f"margin@{layer}"] == pytest.approx(100 * margin(x, y).mean(), abs=1e-3)
        assert found[f"centred_margin@{layer}"] == pytest.approx(100 * margin(centred(x), centred(y)).mean(), abs=1e-3)
        assert found[f"similarity@{layer}"] == pytest.approx(100 * similarity(x, y).mean(), abs=1e-3)
        both = np.vstack([centred(x), centred(y)])
        assert found[f"centred_isotropy@{layer}"] == pytest.approx(100 * isotropy(both), abs=1e-3)
    assert found["isotropy"] == pytest.approx(np.mean([found[f"isotropy@{layer}"] for layer in range(7)]))


def test_what_each_pair_adds_makes_the_scores(examples, predicted):
    found = KIND.score(predicted["de"], examples, None)
    counts = KIND.example_counts(predicted["de"], examples, None)
    assert counts.keys() == {name for name in found if "isotropy" not in name}
    for name, each in counts.items():
        assert len(each) == 4, name
        assert found[name] == pytest.approx(100 * sum(one for one, _ in each) / sum(of for _, of in each))


def test_predictions_are_read_as_they_were_written(predicted, tmp_path):
    for lang, each in predicted.items():
        KIND.write(each, tmp_path / lang)
        assert KIND.read(tmp_path / lang) == each


def test_a_pair_is_shown_with_its_margin(examples, predicted):
    shown = KIND.shown(predicted["de"], examples, None, 1)
    assert shown["source"] == "Haus" and shown["gold"] == "house" and shown["prediction"].startswith("margin ")


@pytest.mark.parametrize("text", ["  ", None, 3])
def test_an_empty_text_is_named(text):
    with pytest.raises(MissingError, match="words test de, row 1: the text is empty"):
        KIND.check({"source": ["Haus", text], "target": ["house", "x"]}, None, "words test de")


def test_words_have_one_translation_that_no_other_has(tmp_path):
    path = tmp_path / "en-de.txt"
    path.write_text("a ein\na eine\nan ein\none ein\none eins\nday Tag\n", "utf-8")
    assert read([path]) == [
        {"source": "ein", "target": "a"}, {"source": "eins", "target": "one"}, {"source": "Tag", "target": "day"},
    ]  # fmt: skip


@pytest.mark.parametrize("lang", ["de", "fr", "sw"])
def test_the_sample_dictionary_has_words(lang):
    assert len(read([SAMPLE / "words" / f"en-{lang}.txt"])) >= 90
