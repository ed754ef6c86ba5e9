"""How encoders are found and named: in folders, in mirrors, and with the code beside them."""

import json
import shutil
from types import SimpleNamespace

import pytest

from xh.data import hub
from xh.data.encoder import find
from xh.data.fetch import encoder_files
from xh.plugins import registry
from xh.spec import MissingError

COMMIT = "c23d21b0620b635a76227c604d44e43a9f0ee389"
"""Of the registered xlm-roberta-large."""


def test_code_beside_an_encoder_counts_where_it_is_trusted(model):
    plain, trusted = (find(str(model), registry(), trusted=each).identity for each in (False, True))
    assert plain == trusted, "there is none"
    (model / "modeling_own.py").write_text("x = 1")
    assert find(str(model), registry()).identity == plain
    first = find(str(model), registry(), trusted=True).identity
    (model / "modeling_own.py").write_text("x = 2")
    assert len({plain, first, find(str(model), registry(), trusted=True).identity}) == 3
    assert "*.py" in encoder_files(True) and "*.py" not in encoder_files(False)


def test_code_in_a_folder_beside_an_encoder_counts_too(model):
    plain = find(str(model), registry(), trusted=True).identity
    (model / "layers").mkdir()
    (model / "layers/own.py").write_text("x = 1")
    assert find(str(model), registry(), trusted=True).identity != plain


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("config.json", {"AutoModel": "org/code--modeling.Own"}),
        ("tokenizer_config.json", {"AutoTokenizer": ["org/code--tokens.Own", None]}),
    ],
)
def test_code_of_another_repository_is_refused_where_it_would_be_run(model, name, classes):
    path = model / name
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | {"auto_map": classes}))
    assert find(str(model), registry()).identity
    with pytest.raises(MissingError, match=f"{name} needs code from another repository: org/code--") as caught:
        find(str(model), registry(), trusted=True)
    assert "Copy the *.py of org/code into the encoder's folder" in caught.value.todo


@pytest.mark.parametrize(
    "place", [f"FacebookAI/xlm-roberta-large@{COMMIT}", "FacebookAI/xlm-roberta-large", "xlm-roberta-large"]
)
def test_a_registered_encoder_is_found_in_a_mirror(model, tmp_path, place):
    folder = tmp_path / "mirror/models" / place
    shutil.copytree(model, folder)
    found = find("xlm-roberta-large", registry(), tmp_path / "mirror", offline=True)
    assert (found.source, found.identity) == (str(folder), find(str(model), registry()).identity)
    assert (found.revision, found.layers, found.positions) == (None, 6, 512)


def test_a_full_id_takes_no_pinned_folder(model, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    shutil.copytree(model, tmp_path / f"mirror/models/FacebookAI/xlm-roberta-large@{COMMIT}")
    found = find("FacebookAI/xlm-roberta-large", registry(), tmp_path / "mirror", offline=True)
    assert (found.source, found.identity) == ("FacebookAI/xlm-roberta-large", "FacebookAI/xlm-roberta-large@main")
    assert found.problem == "FacebookAI/xlm-roberta-large@main is not in the cache (offline)"


def test_a_registered_encoder_is_known_by_its_commit_offline_too():
    assert find("xlm-roberta-large", registry(), offline=True).identity == COMMIT


def test_errors_of_the_hubs_client_tell_nothing_of_the_user(monkeypatch, tmp_path):
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HF_TOKEN", "a-secret")
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(home / ".cache/huggingface"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(home / ".cache/huggingface/hub"))
    texts = {
        f"[Errno 13] Permission denied: '{home}/.cache/huggingface/hub/x'": "'HF_HUB_CACHE/x'",
        f"{home}/notes can't be read": "~/notes can't be read",
        "the token hf_AbC123 is not valid": "the token … is not valid",
        "the token a-secret is not valid": "the token … is not valid",
        "no proxy at http://anna:word@proxy:80": "no proxy at http://…@proxy:80",
    }
    for text, said in texts.items():
        found = hub.why(OSError(text))
        assert said in found
        assert not [secret for secret in (str(home), "hf_A", "a-secret", "word@") if secret in found]


def test_what_the_hub_answers_is_said_in_words(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise errors.HfHubHTTPError(
            "502 for url https://hub/secret", response=SimpleNamespace(status_code=502, headers={}, request=None)
        )

    from huggingface_hub import errors

    monkeypatch.setattr("huggingface_hub.HfApi.resolve_revision", refuse)
    monkeypatch.setattr("xh.data.hub.unreachable", lambda: None)
    with pytest.raises(MissingError) as caught:
        hub.commit("org/set", "main", "dataset", False)
    assert caught.value.what == "org/set@main could not be fetched: the Hub answers 502"
