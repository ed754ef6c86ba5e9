"""The method salt: what is predicted, which tokens are switched, how embeddings are mixed, and trainings with it."""

import numpy as np
import pytest
import torch
import transformers
from msgspec.structs import replace
from test_multitask_training import MOOD, TEXT, mixed
from torch.distributions import Beta

from helpers.methods import RECIPE, check_resumed, made
from helpers.outcomes import same, weights
from helpers.tiny_encoders import save_encoder
from xh.kinds.choice import ChoiceFeatures
from xh.model.body import body_of
from xh.model.collate import collate
from xh.model.weights import load_body
from xh.training.setup import training_setup
from xh.training.trainer import train
from xh_methods.salt import Candidates, Switched, with_switched


@pytest.fixture
def predicted(worker):
    """The tokenizer, and the candidates of two texts."""
    _, tokenizer = load_body(worker.start)
    texts = tokenizer(["a fine day", "awful"])["input_ids"]
    return tokenizer, texts, Candidates(worker.job(), 3)(texts)


def test_candidates_are_the_likeliest_other_tokens_by_the_masked_lm(worker, predicted):
    tokenizer, texts, found = predicted
    model = transformers.AutoModelForMaskedLM.from_pretrained(worker.start).eval()
    for ids, candidates in zip(texts, found, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0].numpy()
        assert candidates.shape == (len(ids), 3)
        for token, row, chosen in zip(ids, logits, candidates, strict=True):
            best = [i for i in np.argsort(-row) if i != token and i not in tokenizer.all_special_ids][:3]
            assert chosen.tolist() == ([-1] * 3 if token in tokenizer.all_special_ids else best)


def test_an_encoder_without_a_masked_lm_reads_its_embeddings_and_says_so(worker, encoders):
    worker.start = encoders["AutoModel"]
    body, tokenizer = load_body(worker.start)
    ids = tokenizer("a fine day")["input_ids"]
    (found,) = Candidates(worker.job(), 1)([ids])
    with torch.no_grad():
        logits = body.eval()(torch.tensor([ids])).last_hidden_state[0] @ body.embeddings.word_embeddings.weight.T
    logits[torch.arange(len(ids)), torch.tensor(ids)] = -torch.inf
    logits[:, tokenizer.all_special_ids] = -torch.inf
    assert found[1:-1, 0].tolist() == logits.argmax(-1)[1:-1].tolist()
    assert "has no masked LM" in worker.log[0]["message"]


def test_a_decoder_has_no_masked_lm_and_reads_its_embeddings(worker, tmp_path):
    sizes = {"vocab_size": 16000, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    config = transformers.LlamaConfig(**sizes, num_attention_heads=2, pad_token_id=1)
    worker.start = save_encoder("AutoModel", tmp_path / "llama", config)
    assert Candidates(worker.job(), 2)([[5, 6, 7]])[0].shape == (3, 2)
    assert "has no masked LM" in worker.log[0]["message"]


@pytest.fixture
def inputs():
    """Inputs of which the first four have one text each, and token 9 in place of an end."""
    rows = [{"input_ids": [0, *range(10, 30), 2], "labels": i} for i in range(50)]
    return type("Inputs", (list,), {"lengths": [22] * 50})(rows)


def fixed(texts):
    """Candidates that are 100 or 200 more than a token; none at special ones."""
    return [np.array([[-1, -1] if token < 10 else [token + 100, token + 200] for token in ids]) for ids in texts]


def test_a_share_of_the_tokens_is_switched_anew_in_each_epoch(inputs):
    made = Switched(inputs, fixed, 0.3, lambda epoch: 7 + epoch)
    assert len(made) == 50 and made.lengths == inputs.lengths
    epochs = []
    for epoch in (0, 1, 0):
        made.set_epoch(epoch)
        epochs.append([made[i]["switched"] for i in range(50)])
    assert epochs[0] == epochs[2] != epochs[1]
    moved = np.array(epochs[0]) - np.array([row["input_ids"] for row in inputs])
    assert not moved[:, [0, -1]].any()
    assert set(np.unique(moved)) == {0, 100, 200}
    assert (moved[:, 1:-1] > 0).mean() == pytest.approx(0.3, abs=0.04)
    assert made[3]["labels"] == 3 and made[3]["input_ids"] == inputs[3]["input_ids"]


def test_choices_are_switched_each_for_itself(predicted):
    tokenizer, *_ = predicted
    features = ChoiceFeatures({"input_ids": [[[0, 11, 2], [0, 12, 13, 2]]] * 2, "labels": [0, 1]})
    rows = Switched(features, fixed, 1.0, lambda epoch: 0)
    batch = with_switched(lambda rows: collate(tokenizer, rows), [rows[0], rows[1]], tokenizer.pad_token_id)
    assert batch["switched"].shape == batch["input_ids"].shape == (2, 2, 4)
    moved = batch["switched"] - batch["input_ids"]
    assert ((moved == 100) | (moved == 200)).tolist() == [[[False, True, False, False], [False, True, True, False]]] * 2


def test_what_a_collator_masked_stays_masked(predicted):
    tokenizer, *_ = predicted
    rows = [
        {"input_ids": [0, 11, 12, 2], "switched": [0, 111, 112, 2]},
        {"input_ids": [0, 13, 2], "switched": [0, 113, 2]},
    ]

    def masking(rows):
        found = collate(tokenizer, rows)
        found["input_ids"][0, 2] = tokenizer.mask_token_id
        return found

    batch = with_switched(masking, rows, tokenizer.pad_token_id)
    assert batch["switched"].tolist() == [[0, 111, tokenizer.mask_token_id, 2], [0, 113, 2, tokenizer.pad_token_id]]


@pytest.mark.parametrize("alpha", [1.0, 0.2])
def test_the_embeddings_are_mixed_with_a_weight_for_each_text(worker, alpha):
    """The loss is that of the same model whose embeddings were mixed by hand."""
    setup = training_setup(replace(worker.job(), methods=(made("salt", ratio=0.8, alpha=alpha),)))
    batch = setup.collate([setup.train[i] for i in range(6)])
    assert (batch["switched"] != batch["input_ids"]).any()
    model = setup.model.eval()
    torch.manual_seed(5)
    found = setup.loss(model, batch)
    torch.manual_seed(5)
    shares = Beta(alpha, alpha).sample((6, 1, 1))
    table = body_of(model).get_input_embeddings().weight
    mixed_by_hand = shares * table[batch["input_ids"]] + (1 - shares) * table[batch["switched"]]
    body = body_of(model)
    handle = body.get_input_embeddings().register_forward_hook(lambda *_: mixed_by_hand)
    plain = {name: value for name, value in batch.items() if name != "switched"}
    assert torch.equal(found, model(**plain).loss)
    handle.remove()
    assert not torch.allclose(found, model(**plain).loss), "and nothing is mixed outside of the loss"


def test_a_target_is_switched_by_the_encoder_that_the_way_began_with(worker, encoders, monkeypatch):
    """What the intermediate training hands on has no masked LM any more."""
    from xh.spec import EncoderSource

    first, second = encoders["AutoModelForMaskedLM"], encoders["AutoModel"]
    job = worker.job()
    inputs = replace(job.stage.inputs, parent="intermediate-mood-0")
    monkeypatch.setattr("xh.stage.encoder.folder_identity", lambda *_: "tiny")
    locations = replace(job.locations, encoders={"tiny": EncoderSource(str(first))})
    later = replace(job, stage=replace(job.stage, inputs=inputs), locations=locations, start=second)
    _, tokenizer = load_body(first)
    ids = [tokenizer("a fine day")["input_ids"]]
    assert Candidates(later, 2)(ids)[0].tolist() == Candidates(job, 2)(ids)[0].tolist()


def test_a_killed_training_comes_to_the_same_and_to_another_than_without(worker, monkeypatch):
    plain = worker.job("plain", **RECIPE)
    train(plain)
    worker.methods = (made("salt"),)
    assert not same(check_resumed(lambda name: worker.job(name, **RECIPE), monkeypatch, 6), weights(plain))


def test_it_goes_with_other_examples_in_each_epoch(worker, tmp_path, monkeypatch):
    worker.methods = (made("code-switch", ratio=1.0), made("salt"))
    check_resumed(lambda name: worker.job(name, **RECIPE), monkeypatch, 6)


def test_it_works_in_a_mixture_with_running_text(worker, monkeypatch):
    worker.methods = (made("salt"),)
    check_resumed(lambda name: mixed(worker, MOOD, TEXT, name=name, epochs=1), monkeypatch, 3)
