"""Methods of a third party change trainings, of one task and of several, and resume after a kill to equal weights."""

import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file

from helpers.outcomes import kill, same, told, weights
from xh.kinds.classify import Classify
from xh.kinds.supervised import forward
from xh.model.weights import load_body, load_finetuned
from xh.spec import MissingError, StageError
from xh.training.method import Method
from xh.training.setup import training_setup
from xh.training.trainer import train

RECIPE = {"epochs": 3, "learning_rate": 3e-3, "select": "last"}


class Settings:
    def __init__(self, **values):
        vars(self).update(values)


@pytest.fixture
def code_switch(methods_demo, tmp_path):
    from xh_methods_demo.code_switch import CodeSwitch

    dictionary = tmp_path / "words.txt"
    dictionary.write_text("day Tag\nday jour\n")
    return CodeSwitch("xh-methods-demo:word-switch", Settings(ratio=0.5, dictionary=str(dictionary)))


@pytest.fixture
def layer_mix(methods_demo):
    from xh_methods_demo.layer_mix import LayerMix

    return LayerMix("xh-methods-demo:layer-mix", Settings(start=0.0))


def texts(worker, inputs):
    """What the inputs of an epoch say."""
    _, tokenizer = load_body(worker.start)
    return [tokenizer.decode(inputs[i]["input_ids"], skip_special_tokens=True) for i in range(len(inputs))]


def test_a_method_makes_other_examples_in_each_epoch_the_same_ones_again_and_other_ones_with_another_seed(
    worker, code_switch
):
    worker.methods = (code_switch,)
    made = training_setup(worker.job()).train
    epochs = []
    for epoch in (0, 1, 2, 1, 0):
        made.set_epoch(epoch)
        epochs.append(texts(worker, made))
    first, second, third, *again = epochs
    assert again == [second, first]
    assert first != second != third
    assert all("Tag" in " ".join(each) and "jour" in " ".join(each) and "day" in " ".join(each) for each in epochs)
    assert texts(worker, training_setup(worker.job("again")).train) == first
    assert texts(worker, training_setup(worker.job("other", seed=2)).train) != first


class Halving(Method):
    """Leaves every other example out, or has each twice, or in the first epoch all."""

    def examples(self, examples, epoch, job):
        rows = range(len(examples))
        return examples.chosen([rows, rows[::2], [*rows, *rows]][epoch])


def test_every_epoch_has_as_many_steps_as_the_first(worker):
    worker.methods = (Halving("test:halving", None),)
    job = worker.job(**RECIPE)
    made = training_setup(job).train
    whole = texts(worker, made)
    for epoch, wanted in ((1, whole[::2]), (2, whole)):
        made.set_epoch(epoch)
        assert len(made) == len(made.lengths) == 40
        assert {*texts(worker, made)} <= {*wanted}
    assert train(job)["steps"] == 15


def test_a_method_without_examples_of_its_own_leaves_the_training_as_it_is(worker):
    plain, changed = worker.job("plain", **RECIPE), worker.job("changed", **RECIPE)
    train(plain)
    train(replace(changed, methods=(Method("test:nothing", None),)))
    assert same(weights(plain), weights(changed))


def test_a_head_that_mixes_layers_learns_its_weights_and_is_read_again(worker, layer_mix):
    worker.methods = (layer_mix,)
    job = worker.job(**RECIPE)
    train(job)
    folder = job.folder / "model"
    mix = load_file(folder / "model.safetensors")["layer_mix.weights"]
    assert mix.shape == (3,) and mix.unique().numel() == 3
    model, tokenizer = load_finetuned(folder, Classify.head, None, methods=(layer_mix,))
    assert torch.equal(model.layer_mix["weights"], mix)
    features = job.kind.features(worker.rows["dev"], tokenizer, job.recipe, train=False)
    mixed = forward(job.kind, model, tokenizer, features, job.recipe)
    with torch.no_grad():
        model.layer_mix["weights"].copy_(torch.tensor([0.0, 0.0, 100.0]))
    assert abs(forward(job.kind, model, tokenizer, features, job.recipe)[0][0] - mixed[0][0]).max() > 1e-4


def test_the_mixture_is_that_of_the_softmax_of_the_weights(worker, layer_mix):
    body, tokenizer = load_body(worker.start)
    batch = tokenizer("a fine day", return_tensors="pt")
    body.eval()
    states = body(**batch, output_hidden_states=True).hidden_states
    made = training_setup(replace(worker.job(), methods=(layer_mix,)))
    made.model.eval()
    found = made.model.base_model(**batch).last_hidden_state
    assert torch.allclose(found, sum(states) / 3, atol=1e-5)


def test_weights_that_a_method_adds_are_accounted_for(worker, layer_mix):
    """Neither may they be missing, nor may there be any that nobody asks for."""
    plain, mixed = worker.job("plain", **RECIPE), worker.job("mixed", **RECIPE)
    train(plain)
    train(replace(mixed, methods=(layer_mix,)))
    for job, methods in ((plain, (layer_mix,)), (mixed, ())):
        with pytest.raises(MissingError, match="is not a complete") as caught:
            load_finetuned(job.folder / "model", Classify.head, None, methods=methods)
        assert "layer_mix.weights" in caught.value.why


def test_the_next_training_gets_the_body_alone(worker, layer_mix):
    job = worker.job(**RECIPE)
    train(replace(job, methods=(layer_mix,)))
    body, _ = load_body(job.folder / "model")
    assert not [name for name in body.state_dict() if "mix" in name]
    worker.start = job.folder / "model"
    train(worker.job("next", **RECIPE))


BOTH = ("code_switch", "layer_mix")


@pytest.mark.parametrize(("chosen", "step"), [(BOTH, 4), (BOTH, 5), (BOTH, 8), (BOTH[:1], 5), (BOTH[1:], 4)])
def test_a_training_that_was_killed_comes_to_the_same(worker, request, chosen, step):
    worker.methods = tuple(map(request.getfixturevalue, chosen))
    whole, killed = worker.job("whole", **RECIPE), worker.job("killed", **RECIPE)
    facts = told(train(whole))
    kill(killed, step)
    assert killed.checkpoints.latest()
    assert told(train(killed)) == facts
    assert same(weights(killed), weights(whole))


@pytest.mark.parametrize("chosen", ["code_switch", "layer_mix"])
def test_a_method_changes_what_is_learnt(worker, request, chosen):
    plain, changed = worker.job("plain", **RECIPE), worker.job("changed", **RECIPE)
    train(plain)
    train(replace(changed, methods=(request.getfixturevalue(chosen),)))
    found, before = weights(changed), weights(plain)
    assert not same({name: found[name] for name in before}, before)


class Forgetful(Method):
    def setup(self, setup, job):
        setup.loss = lambda model, inputs: 0.0


class Headless(Method):
    def adapt(self, model):
        pass


class Emptying(Method):
    def examples(self, examples, epoch, job):
        return examples.chosen([])


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        (Forgetful, "test:method.setup returned no TrainingSetup but NoneType"),
        (Headless, "test:method.adapt returned no model but NoneType"),
        (Emptying, "test:method leaves no examples of mood train en in epoch 0"),
    ],
)
def test_a_method_that_forgets_its_duty_is_told(worker, method, problem):
    with pytest.raises(StageError, match=problem):
        train(replace(worker.job(), methods=(method("test:method", None),)))


class Zero(Method):
    """A loss of nothing, added to the model's own; notes what was given."""

    def setup(self, setup, job):
        before, self.batches = setup.loss, []

        def loss(model, inputs):
            self.batches.append(sorted(inputs))
            return before(model, inputs) + 0.0 * model(**inputs).logits.sum()

        setup.loss = loss
        return setup


def test_methods_are_applied_in_order_and_a_loss_may_add_to_the_one_before(worker):
    methods = tuple(Zero(f"test:{number}", None) for number in range(2))
    train(replace(worker.job(**RECIPE), methods=methods))
    first, second = (method.batches for method in methods)
    assert first == second and len(first) == 15
    assert first[0] == ["attention_mask", "input_ids", "labels"]
