"""Running ``xh`` in this process and in one of its own."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from helpers.answers import Answer
from helpers.running import call_main


@pytest.fixture
def xh(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Call the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return partial(call_main, capsys)


def rows(kind: str, count: int) -> list[dict[str, Any]]:
    if kind == "span":
        answers = {"text": ["Rome"], "answer_start": [13]}
        text = {"context": "Anna lives in Rome.", "question": "Where does Anna live?", "answers": answers}
        return [{"id": str(number), **text} for number in range(count)]
    return [{"source_sentence": f"eins {number}", "target_sentence": f"one {number}"} for number in range(count)]


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A folder laid out like the Hub with a little data of three tasks."""
    root = tmp_path / "data"
    for path, kind, count in (
        ("rajpurkar/squad/plain_text/train", "span", 20),
        ("rajpurkar/squad/plain_text/validation", "span", 5),
        ("google/xquad/xquad.de/validation", "span", 7),
        ("google/xquad/xquad.es/validation", "span", 7),
        ("google/xtreme/tatoeba.deu/validation", "bitext", 9),
    ):
        file = root / f"{path}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows(kind, count)))
    return str(root)


@pytest.fixture
def encoder(model: Path) -> str:
    """The name of an encoder."""
    return str(model)
