"""The page of a run: whole and strict at every moment, whatever the names in it are."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from helpers.underway import BEGAN, TRAINING, under_way
from xh.cli.main import main
from xh.watch.page import page, section
from xh.watch.state import followed

HOSTILE = [
    "</style></script><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)\" autofocus onfocus=\"alert(1)",
    "&#60;script&#62;&lt;b&gt;",
    "\x1b[31mred\x1b]0;title\x07 right‮to left\u2028]]>--><!--",
]


def tags(text):
    found = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attributes: found.append((tag, [name for name, _ in attributes]))
    reader.feed(text)
    return found


def shown(store, name):
    with under_way(store, name, ("xh", "run", name)) as run:
        run.plan()
        run.tell("began", BEGAN, TRAINING)
        run.tell("said", BEGAN, TRAINING, text=name)
        run.log(TRAINING, {"step": 10, "steps": 40, "loss": 2.5}, {"step": 10, "steps": 40, "dev": {name: 50.0}})
        return section(followed(store, BEGAN + 60), name), page(store, BEGAN + 60, live=True)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_nothing_else(store, name):
    (ordinary, _), (found, whole) = shown(store, "name"), shown(store, name)
    assert tags(found) == tags(ordinary)
    assert whole.count("<script") == whole.count("</script>") == 1 and "<img" not in whole
    assert not [each for each in whole if (ord(each) < 32 and each != "\n") or each == "‮"]


def test_only_its_own_script_runs_and_it_asks_nobody_else(store):
    _, text = shown(store, "name")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#x27;", "'")
    script = re.search("<script>(.*)</script>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ") and f"script-src 'sha256-{digest}'" in policy
    assert policy.endswith("connect-src 'self'") and "unsafe" not in policy
    alone = page(store, BEGAN)
    assert "connect-src" not in alone and "fetch(" not in alone


def test_it_says_how_far_a_run_is_and_draws_its_losses(store):
    with under_way(store) as run:
        assert "Running: no stage is known of it" in section(followed(store, BEGAN))
        run.plan(training=100.0, transfer=20.0)
        assert "Running: 1 of 3 stages are there, about 2 min left" in section(followed(store, BEGAN))
        run.tell("began", BEGAN, TRAINING)
        run.log(TRAINING, {"step": 10, "steps": 40, "loss": 2.5}, {"step": 20, "steps": 40, "loss": 2.0})
        found = section(followed(store, BEGAN + 50))
        assert "20/40 steps · loss 2.000" in found and "intermediate i · loss" in found
        assert "1 running, 1 waiting, 1 made before" in found
    assert "Failed: 1 of 3 stages are there" in section(followed(store, BEGAN))


def test_a_store_without_runs_has_a_page(store):
    assert "No run is recorded in this store." in page(store, BEGAN)


def test_the_page_is_written_once(store, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with under_way(store) as run:
        run.plan()
        assert main(["watch", "--once", "-o", "page.html"]) == 0
        assert main(["watch", "--once"]) == 0
    assert "1 of 3 stages are there" in (tmp_path / "page.html").read_text("utf-8")
    assert capsys.readouterr().out.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-o", "page.html"], 2, "-o needs --once."),
        (["--runs", "nowhere"], 5, "There is no store at nowhere."),
        (["--once", "-o", "runs/stages/page.html"], 2, "is inside the store"),
        (["--port", "70000"], 2, "--port"),
    ],
)
def test_a_wrong_request_is_refused(store, tmp_path, monkeypatch, capsys, words, code, said):
    monkeypatch.chdir(tmp_path)
    assert main(["watch", *words]) == code
    assert said in capsys.readouterr().err
