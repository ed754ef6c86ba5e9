"""Older forms of encoders: pickled weights and slow tokenizers are made readable once, and nothing else of a pickle."""

import json
import os
import pickle
import shutil

import pytest
import torch
import transformers
from safetensors.torch import load_file

from xh.data.converted import usable
from xh.data.encoder import folder_identity
from xh.mini import SAMPLE
from xh.model import convert
from xh.model.weights import load_body, load_for_training
from xh.spec import MissingError


def publish(backbone, tmp_path, monkeypatch, parts=1, name="xlm-roberta"):
    """An encoder's folder with its weights pickled, in so many files."""
    monkeypatch.setattr("xh.data.converted.home", lambda: tmp_path / "cache")
    folder = tmp_path / "published"
    shutil.copytree(backbone(name), folder, ignore=shutil.ignore_patterns("*.safetensors"))
    weights = [*load_file(backbone(name) / "model.safetensors").items()]
    for part in range(parts):
        file = "pytorch_model.bin" if parts == 1 else f"pytorch_model-{part + 1:05}-of-{parts:05}.bin"
        torch.save(dict(weights[part::parts]), folder / file)
    return folder


def same(body, other):
    wanted = other.state_dict()
    kept = {name: weight for name, weight in body.state_dict().items() if not name.startswith("pooler")}
    return all(torch.equal(weight, wanted[name]) for name, weight in kept.items())


def test_pickled_weights_are_read_once_by_another_process(backbone, tmp_path, monkeypatch):
    folder = publish(backbone, tmp_path, monkeypatch)
    identity = folder_identity(folder)
    made = usable(folder)
    assert made.parent == tmp_path / "cache" / "encoders" and [*made.parent.iterdir()] == [made]
    assert same(load_body(made)[0], load_body(backbone("xlm-roberta"))[0])
    monkeypatch.setattr("xh.data.converted._convert", None)
    assert usable(folder) == made and folder_identity(folder) == identity
    assert usable(backbone("xlm-roberta")) == backbone("xlm-roberta")


def test_what_was_made_for_one_encoder_is_not_taken_for_another_with_other_weights(tmp_path, monkeypatch):
    """Both have the same config and slow tokenizer; their weights, which are safetensors, are linked to."""

    def link(folder, target):
        target.mkdir()
        (target / "model.safetensors").symlink_to(folder / "model.safetensors")

    monkeypatch.setattr("xh.data.converted.home", lambda: tmp_path / "cache")
    monkeypatch.setattr("xh.data.converted._convert", link)
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        (tmp_path / name / "model.safetensors").write_text(name)
    assert [(usable(tmp_path / name) / "model.safetensors").read_text() for name in ("one", "other")] == [
        "one",
        "other",
    ]
    assert usable(tmp_path / "one") == usable(tmp_path / "one")


def test_weights_in_several_pickles(monkeypatch, backbone, tmp_path):
    convert.convert(publish(backbone, tmp_path, monkeypatch, parts=3), tmp_path / "made")
    assert len([*(tmp_path / "made").glob("*.safetensors")]) == 3
    assert same(load_body(tmp_path / "made")[0], load_body(backbone("xlm-roberta"))[0])
    folder_identity(tmp_path / "made")


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil",)


def test_what_is_no_weight_is_refused(backbone, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = publish(backbone, tmp_path, monkeypatch)
    torch.save({"embeddings.word_embeddings.weight": Evil()}, folder / "pytorch_model.bin", pickle_module=pickle)
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        convert.convert(folder, tmp_path / "made")
    torch.save({"a": torch.ones(2), "step": 3}, folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match="holds more than weights: step is a int"):
        convert._weights(folder, tmp_path)
    assert not (tmp_path / "evil").exists()


def test_an_encoder_that_cannot_be_converted_leaves_nothing(backbone, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "false")
    with pytest.raises(MissingError, match="can't be converted"):
        usable(publish(backbone, tmp_path, monkeypatch))
    assert [*(tmp_path / "cache" / "encoders").iterdir()] == []


def test_weights_in_several_safetensors(backbone, tmp_path):
    model = transformers.AutoModel.from_pretrained(backbone("eurobert"))
    model.save_pretrained(tmp_path, max_shard_size="40KB")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(backbone("eurobert") / name, tmp_path / name)
    assert len([*tmp_path.glob("model-*.safetensors")]) > 1
    folder_identity(tmp_path)
    assert same(load_body(tmp_path)[0], load_body(backbone("eurobert"))[0])


def test_weights_in_bf16_are_read_as_such(backbone, tmp_path):
    shutil.copytree(backbone("llama"), tmp_path, dirs_exist_ok=True)
    transformers.AutoModelForCausalLM.from_pretrained(backbone("llama")).bfloat16().save_pretrained(tmp_path)
    stored = load_file(tmp_path / "model.safetensors")["model.embed_tokens.weight"]
    seen = []
    load_for_training(tmp_path, seen.append, dtype=torch.bfloat16)
    load_for_training(tmp_path, seen.append)
    assert [body.dtype for body in seen] == [torch.bfloat16, torch.float32]
    assert all(torch.equal(body.get_input_embeddings().weight.float(), stored.float()) for body in seen)


SLOW = {
    "xlm-roberta": ("XLMRobertaTokenizer", "sentencepiece.bpe.model"),
    "mt5": ("T5Tokenizer", "spiece.model"),
    "deberta-v2": ("DebertaV2Tokenizer", "spm.model"),
    "rembert": ("RemBertTokenizer", "sentencepiece.model"),
}


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    """A SentencePiece model of the sample's languages."""
    trainer = pytest.importorskip("sentencepiece").SentencePieceTrainer
    pytest.importorskip("google.protobuf")
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "text").write_text("\n".join(convert._lines()), encoding="utf-8")
    kept = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    trainer.train(
        input=str(folder / "text"), model_prefix=str(folder / "m"), vocab_size=4000, minloglevel=2,
        normalization_rule_name="nmt_nfkc", max_sentence_length=20000, **kept,
    )  # fmt: skip
    return folder / "m.model"


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_tokenizer_is_converted_and_held_against_sentencepiece(backbone, pieces, tmp_path, name):
    kind, file = SLOW[name]
    folder = tmp_path / "slow"
    folder.mkdir()
    for each in ("config.json", "model.safetensors"):
        shutil.copyfile(backbone(name) / each, folder / each)
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind}))
    shutil.copyfile(pieces, folder / file)
    folder_identity(folder)
    convert.convert(folder, tmp_path / "made")
    _, tokenizer = load_body(tmp_path / "made")
    text = "Ein Satz, der zerlegt wird."
    start, end = tokenizer(text, return_offsets_mapping=True)["offset_mapping"][2]
    assert start < end and tokenizer.is_fast


def test_a_tokenizer_that_differs_is_refused(pieces):
    class Other:
        def tokenize(self, line):
            return line.split()

    with pytest.raises(ValueError, match=r"differs from m.model on \d+ of \d+ lines"):
        convert._compare(Other(), pieces)


def test_the_sample_has_lines_of_many_languages():
    assert len([*convert._lines()]) > 1000 and len([*SAMPLE.glob("wikimedia/wikipedia/*")]) > 30
