"""What a user's environment leaves in records and error texts."""

from pathlib import Path

import pytest

from xh.spec.discreet import discreet, tilde

HOME = str(Path.home())
TOKEN = "hf_" + "abCD12" * 5


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{HOME}/mirror", "~/mirror"),
        (f"--data=hub,mlm={HOME}/text", "--data=hub,mlm=~/text"),
        (HOME, "~"),
        (f"{HOME}stead/x", f"{HOME}stead/x"),
        ("/data/mirror", "/data/mirror"),
        (f"/data{HOME}/mirror", f"/data{HOME}/mirror"),
        (f"file://{HOME}/mirror", "file://~/mirror"),
        (TOKEN, "***"),
        (f"Authorization: Bearer {TOKEN}!", "Authorization: Bearer ***!"),
        ("https://me:secret@host/x", "https://***@host/x"),
        ("HF_TOKEN=abc", "HF_TOKEN=***"),
        ("api_key: abc, more", "api_key: ***, more"),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "***"),
        (f"org/model@{'0123abcdef' * 4}", f"org/model@{'0123abcdef' * 4}"),
        ("xlm-roberta-large", "xlm-roberta-large"),
        ("intermediate-commonsenseqa-0123456789ab", "intermediate-commonsenseqa-0123456789ab"),
        ("squad.max_length=384", "squad.max_length=384"),
        ("12 subword tokens: 3", "12 subword tokens: 3"),
    ],
)
def test_home_and_secrets_go_and_all_else_stays(text, left):
    assert discreet(text) == left


def test_without_a_home_nothing_is_home(monkeypatch):
    monkeypatch.setenv("HOME", "/")
    assert tilde("/data/x") == "/data/x"
