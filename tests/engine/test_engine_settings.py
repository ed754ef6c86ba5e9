"""An engine's settings: its defaults, over them tasks.toml, over that what is typed; and a plugin's engine."""

import pytest

from helpers.pretending import worker_pids
from xh.cli.main import main
from xh.plan import Request
from xh.plan.engines import engine_settings, parse_settings
from xh.plugins import registry
from xh.spec import EngineSpec, UsageError

DEFAULTS = {"cluster": "local", "arguments": {}, "lines": []}
TOML = """
[engines.made]
cluster = "big"
arguments = { queue = "gpu", cores = 4, more = { a = 1 } }
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, where an engine ``made`` is known."""
    monkeypatch.chdir(tmp_path)
    engines = registry().engines
    found = engines.get
    made = EngineSpec(name="made", run="made:run", settings=DEFAULTS)
    monkeypatch.setattr(engines, "get", lambda name: made if name == "made" else found(name))
    return tmp_path


def settings(folder, text, *words):
    """What the engine gets of a tasks.toml and what is typed."""
    (folder / "tasks.toml").write_text(text)
    typed = parse_settings(words)
    return engine_settings(Request(inter=(), target=(), engine="made", engine_settings=typed), registry())


def test_what_is_typed_comes_over_the_file_and_that_over_the_defaults(folder):
    assert settings(folder, "") == DEFAULTS
    assert settings(folder, TOML)["arguments"] == {"queue": "gpu", "cores": 4, "more": {"a": 1}}
    found = settings(folder, TOML, "cluster=tls://a:1", "arguments.cores=8", "arguments.more.b=x=y", 'lines=["a", "b"]')
    assert found == {
        "cluster": "tls://a:1",
        "arguments": {"queue": "gpu", "cores": 8, "more": {"a": 1, "b": "x=y"}},
        "lines": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("[engines.made]\nclutser = 'x'", (), ("tasks.toml [engines.made]", "Did you mean 'cluster'?")),
        ("", ("clutser=x",), ("--engine-set", "cluster, arguments, lines")),
        ("", ("arguments=3",), ("--engine-set", "object")),
        ("", ("cluster",), ("--engine-set KEY=VALUE",)),
        ("", ("=3",), ("--engine-set KEY=VALUE",)),
    ],
)
def test_a_setting_that_is_not_there_or_of_another_type_is_named_with_its_origin(folder, text, words, said):
    with pytest.raises(UsageError) as caught:
        settings(folder, text, *words)
    assert all(part in str(caught.value) for part in said)


def test_the_command_line_says_so_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["plan", "--inter", "squad", "--target", "bucc", "--engine", "slurm-jobs"]
    assert main([*words, "--engine-set", "option=[]"]) == 2
    assert "Did you mean 'options'?" in capsys.readouterr().err
    assert main([*words, "--engine-set", 'options=["--gres=gpu:1"]', "--json"]) == 0
    assert main(["plan", "--inter", "squad", "--target", "bucc", "--engine-set", "a=1"]) == 2
    assert "It has none." in capsys.readouterr().err


def test_an_engine_of_a_plugin_is_made_of_what_the_local_one_is(methods_demo, pretend, listening, runs):
    events = {"evaluate none bucc": "log", "intermediate squad": "fail"}
    outcome = pretend(events, listening, engine="pooled", engine_settings={"log": "own.log"})
    assert len(outcome.done) == 3 and len(outcome.failed) == 1 and len(outcome.skipped) == 3
    assert "log working" in listening.heard
    assert (runs / "own.log").exists()
    assert len(worker_pids(runs)) == 1
