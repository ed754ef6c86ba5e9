"""Running text: lines, packed inputs, shares of languages, masks."""

import pytest
import torch
from transformers import XLMRobertaConfig, XLMRobertaForMaskedLM

from xh.kinds.base import merged
from xh.kinds.mlm import MaskedLM, packed, shares_of
from xh.mini import ENCODER
from xh.model.tokenizer import load_tokenizer
from xh.spec import Hub, MissingError, StageError, TaskSpec, TextTraining
from xh.spec.examples import Examples

TASK = TaskSpec(
    name="text", kind="mlm", roles=("intermediate",), languages=("en", "de"), metric="accuracy",
    data=Hub("org/text", "main", {"train": "train", "dev": "train"}, config="{lang}"),
)  # fmt: skip
RECIPE = TextTraining(max_length=32, batch_size=4)
LINES = {lang: [f"{word} number {i} is {'very ' * (i % 5)}long." for i in range(60)] for lang, word in
         (("en", "This line"), ("de", "Diese Zeile"))}  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(ENCODER)


@pytest.fixture
def kind():
    return MaskedLM()


def text(lang, lines=None):
    return Examples({"text": lines or LINES[lang]}, f"text train {lang}", lang)


def test_texts_become_lines_without_empty_and_repeated_ones(kind):
    columns = {"text": ["one \n\n two", "two\nthree\n", ""]}
    assert kind.check(columns, TASK, "text train en") == {"text": ["one", "two", "three"]}


@pytest.mark.parametrize(
    ("values", "problem"), [(["fine", None], "text is None, not text"), ([" ", ""], "has no text")]
)
def test_text_that_is_none_is_an_error(kind, values, problem):
    with pytest.raises(MissingError, match=problem):
        kind.check({"text": values}, TASK, "text train en")


def test_packing_keeps_every_sub_token_and_whole_lines_where_they_fit(tokenizer):
    lines = [[10, 11, 12], [20, 21], [30], [*range(40, 60)], [70]]
    inputs = list(packed(lines, tokenizer, max_length=10))
    first, last = tokenizer.cls_token_id, tokenizer.sep_token_id
    assert inputs[0] == [first, 10, 11, 12, last, 20, 21, last, 30, last]
    assert all(len(ids) <= 10 and ids[0] == first and ids[-1] == last for ids in inputs)
    assert [token for ids in inputs for token in ids if token >= 10] == [token for line in lines for token in line]


def test_languages_are_drawn_by_temperature():
    sizes = {"en": 900, "de": 100}
    assert shares_of(sizes, 1.0) == sizes
    assert shares_of(sizes, 2.0) == {"en": 750, "de": 250}
    assert shares_of({"en": 900, "yo": 1}, 1.0)["yo"] == 1
    flat = shares_of(sizes, 1e9)
    assert flat["en"] == flat["de"] == 500


def test_a_small_language_is_repeated_in_training_and_not_in_the_dev_set(kind, tokenizer):
    both = merged([text("en"), text("de", LINES["de"][:4])])
    plain = kind.features(both, tokenizer, RECIPE, train=False)
    warm = kind.features(both, tokenizer, TextTraining(max_length=32, temperature=100.0), train=True)
    german = [ids for ids in plain.columns["input_ids"] if "Zeile" in tokenizer.decode(ids)]
    drawn = [ids for ids in warm.columns["input_ids"] if "Zeile" in tokenizer.decode(ids)]
    assert len(drawn) > 5 * len(german)
    assert {tuple(ids) for ids in drawn} == {tuple(ids) for ids in german}
    assert abs(len(warm) - len(plain)) <= 1


def test_no_more_lines_than_the_recipe_says(kind, tokenizer):
    few = kind.features(text("en"), tokenizer, TextTraining(lines=3, max_length=512), train=True)
    (ids,) = few.columns["input_ids"]
    assert tokenizer.decode(ids).count("number") == 3


def rows(kind, tokenizer):
    features = kind.features(text("en"), tokenizer, RECIPE, train=True)
    return [features[i] for i in range(len(features))]


def test_masks_are_fifteen_percent_in_the_shares_of_bert_and_spare_special_tokens(kind, tokenizer):
    inputs = rows(kind, tokenizer)
    original = tokenizer.pad(inputs, return_tensors="pt")["input_ids"]
    chosen = masked = kept = total = 0
    for seed in range(40):
        batch = kind.collator(tokenizer, RECIPE, seed)(inputs)
        target = batch["labels"] != -100
        assert not torch.isin(original[target], torch.tensor(tokenizer.all_special_ids)).any()
        assert (batch["labels"][target] == original[target]).all()
        assert (batch["input_ids"][~target] == original[~target]).all()
        chosen += int(target.sum())
        masked += int((batch["input_ids"][target] == tokenizer.mask_token_id).sum())
        kept += int((batch["input_ids"][target] == original[target]).sum())
        total += int((~torch.isin(original, torch.tensor(tokenizer.all_special_ids))).sum())
    assert chosen / total == pytest.approx(0.15, abs=0.01)
    assert masked / chosen == pytest.approx(0.8, abs=0.03)
    assert kept / chosen == pytest.approx(0.1, abs=0.03)


def test_masks_follow_from_the_batch_and_the_seed_alone(kind, tokenizer):
    inputs = rows(kind, tokenizer)
    collate = kind.collator(tokenizer, RECIPE, 1)
    first = collate(inputs[:4])["input_ids"]
    torch.rand(7), collate(inputs[4:8])
    assert torch.equal(collate(inputs[:4])["input_ids"], first)
    assert not torch.equal(kind.collator(tokenizer, RECIPE, 2)(inputs[:4])["input_ids"], first)


def test_a_tokenizer_without_a_mask_is_an_error(kind, tokenizer):
    bare = load_tokenizer(ENCODER)
    bare.mask_token = None
    with pytest.raises(StageError, match="no mask token"):
        kind.collator(bare, RECIPE, 1)


def test_a_batch_in_which_chance_masks_nothing_still_has_a_loss(kind, tokenizer):
    for seed in range(60):
        batch = kind.collator(tokenizer, RECIPE, seed)([{"input_ids": tokenizer("It rains.")["input_ids"]}])
        assert (batch["labels"] != -100).any()


def test_the_head_guesses_masked_sub_tokens_only_and_the_loss_is_the_same(kind, tokenizer):
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
    )  # fmt: skip
    model = XLMRobertaForMaskedLM(config).eval()
    batch = kind.collator(tokenizer, RECIPE, 1)(rows(kind, tokenizer)[:4])
    plain = model(**batch)
    plain.loss.backward()
    gradients = [weight.grad for weight in model.parameters()]
    model.zero_grad()
    kind.prepare(model)
    sparse = model(**batch)
    sparse.loss.backward()
    masked = batch["labels"] != -100
    assert torch.allclose(sparse.logits, plain.logits[masked], atol=1e-6)
    assert torch.allclose(sparse.loss, plain.loss, atol=1e-6)
    for weight, before in zip(model.parameters(), gradients, strict=True):
        assert (weight.grad is None and before is None) or torch.allclose(weight.grad, before, atol=1e-6)


@pytest.fixture(scope="module")
def guesser(tokenizer):
    """A model that always says the same: the logits are the head's bias."""
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
        max_position_embeddings=40,
    )  # fmt: skip
    model = XLMRobertaForMaskedLM(config)
    with torch.no_grad():
        model.roberta.embeddings.word_embeddings.weight.zero_()
        model.lm_head.bias.zero_()
    MaskedLM().prepare(model)
    return model


def test_a_look_gives_accuracy_loss_and_perplexity_over_all_masks(kind, tokenizer, guesser):
    features = kind.features(text("en"), tokenizer, RECIPE, train=False)
    found = kind.evaluate_dev(guesser, tokenizer, features, text("en"), RECIPE, TASK)
    assert found["perplexity"] == pytest.approx(len(tokenizer), rel=1e-3)
    assert found["accuracy"] == 0
    with torch.no_grad():
        guesser.lm_head.bias[tokenizer.convert_tokens_to_ids(tokenizer.tokenize("number"))[0]] = 50
    better = kind.evaluate_dev(guesser, tokenizer, features, text("en"), RECIPE, TASK)
    assert 2 < better["accuracy"] < 40
    assert better == kind.evaluate_dev(guesser, tokenizer, features, text("en"), RECIPE, TASK)
    assert list(better) == ["accuracy", "loss", "perplexity"]
