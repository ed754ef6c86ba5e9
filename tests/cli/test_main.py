"""The frame around all commands: help, exit codes, errors, plugins, what is imported."""

import json
import subprocess
import sys

import click
import pytest

from helpers.distributions import install_distribution
from helpers.running import run_installed
from xh.cli.output import explain, warn
from xh.spec import MissingError, XhError
from xh.spec.errors import EXIT_CODES

HEAVY = {"torch", "transformers", "datasets", "faiss", "numpy", "pandas", "pyarrow", "huggingface_hub"}
BROKEN = "raise RuntimeError('no licence')"
COMMAND = """
import click
from xh.api import CommandSpec, hookimpl

@hookimpl
def xh_commands():
    return [CommandSpec(name="greet", command="xh_greet:greet", title="Say hello"),
            CommandSpec(name="lost", command="xh_nowhere:command", title="Not there"),
            CommandSpec(name="odd", command="os:getcwd", title="No command")]

@click.command("greet")
def greet():
    click.echo("hello")
    return 7
"""


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_lists_every_command_with_its_title(xh, word):
    answer = xh(word)
    assert answer.code == 0
    for name in ("run", "plan", "report", "list-tasks", "show", "plugins", "doctor", "store"):
        assert f"\n  {name} " in answer.out


def test_version(xh):
    assert xh("--version")[:2] == (0, "xh 0.1.0\n")


def test_a_word_that_is_no_command_gets_the_nearest(xh):
    answer = xh("rum")
    assert answer.code == 2
    assert "Did you mean 'run'?" in answer.err


def test_an_unknown_option_is_a_usage_error(xh):
    assert xh("list-tasks", "--rolle", "target").code == 2


def fail_with(monkeypatch, error: BaseException) -> None:
    """Have ``xh list-tasks`` fail."""

    @click.command("list-tasks")
    def command() -> None:
        raise error

    monkeypatch.setattr("xh.cli.list_tasks.command", command)


def test_an_error_says_what_why_and_what_to_do_on_stderr(xh, monkeypatch):
    fail_with(monkeypatch, MissingError("No data.", why="The folder is empty.", todo="Fill it."))
    assert xh("list-tasks") == (6, "", "Error: No data.\n  The folder is empty.\n  Fill it.\n")


@pytest.mark.parametrize("kind", XhError.__subclasses__())
def test_every_kind_of_error_has_its_exit_code(xh, monkeypatch, kind):
    fail_with(monkeypatch, kind("x"))
    assert xh("list-tasks").code == EXIT_CODES[kind.__name__]


def test_an_unexpected_error_is_called_a_bug_in_one_line(xh, monkeypatch):
    fail_with(monkeypatch, ZeroDivisionError("by zero"))
    answer = xh("list-tasks")
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert answer.err.startswith("This is a bug in xh or a plugin: ZeroDivisionError: by zero")


@pytest.mark.parametrize(("words", "variables"), [(["--debug"], {}), ([], {"XH_DEBUG": "1"})])
def test_debug_shows_the_traceback_and_keeps_the_exit_code(xh, monkeypatch, words, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    fail_with(monkeypatch, MissingError("No data."))
    answer = xh(*words, "list-tasks")
    assert answer.code == 6
    assert "Traceback" in answer.err
    assert "Error: No data." in answer.err


def test_an_interrupt_exits_with_130(xh, monkeypatch):
    fail_with(monkeypatch, KeyboardInterrupt())
    answer = xh("list-tasks")
    assert (answer.code, answer.err.strip()) == (130, "Interrupted.")


def test_a_current_folder_that_was_removed(xh, tmp_path, monkeypatch):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    answer = xh("list-tasks")
    assert (answer.code, answer.err.splitlines()[0]) == (2, "Error: The current folder has been removed.")


def test_what_a_command_returns_is_no_exit_code(tmp_path):
    install_distribution(tmp_path, "xh-greet", COMMAND)
    assert run_installed(tmp_path, "greet")[:2] == (0, "hello\n")


def test_a_command_that_can_not_be_imported_costs_only_itself(tmp_path):
    install_distribution(tmp_path, "xh-greet", COMMAND)
    answer = run_installed(tmp_path, "lost")
    assert answer.code == 3
    assert answer.err.startswith("Error: The command 'lost' can't be loaded.")
    assert "Not there" in run_installed(tmp_path, "--help").out
    assert run_installed(tmp_path, "odd").code == 3


def test_a_broken_plugin_is_one_warning_where_plugins_matter(tmp_path):
    install_distribution(tmp_path, "xh-broken", BROKEN)
    answer = run_installed(tmp_path, "list-tasks")
    assert answer.code == 0
    assert answer.err.splitlines() == [
        "Warning: plugin xh-broken (xh_broken) is left out: RuntimeError: no licence",
    ]
    assert "squad" in answer.out
    assert (
        run_installed(tmp_path, "--help").err
        == run_installed(tmp_path, "--version").err
        == run_installed(tmp_path, "list-tasks", "--help").err
        == ""
    )


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [(">&-", 0, ""), ("<&- >&-", 0, ""), (">/dev/full", 5, "Error: Standard output can't be written.")],
)
def test_an_output_that_is_closed_or_full(redirection, code, said):
    script = (
        f"{sys.executable} -c 'from xh.cli.main import main; raise SystemExit(main([\"list-tasks\"]))' {redirection}"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr.partition("\n")[0]) == (code, said)


def test_a_closed_pipe_is_no_error():
    script = f"{sys.executable} -c 'from xh.cli.main import main; raise SystemExit(main([\"list-tasks\"]))' | true"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=600)
    assert done.stderr == ""


@pytest.mark.parametrize("words", [["--help"], ["list-tasks"], ["list-tasks", "--json"], ["plugins"], ["plan"]])
def test_nothing_heavy_is_imported(words, data, encoder, tmp_path):
    if words == ["plan"]:
        words = ["plan", "--inter=squad", "--target=xquad,tatoeba", f"--data={data}", f"--model={encoder}"]
    code = f"import sys; from xh.cli.main import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=600)
    assert done.stdout
    assert not HEAVY & set(done.stderr.split())


def test_a_plan_of_the_sample_imports_nothing_heavy_and_makes_nothing(tmp_path):
    words = ["plan", "--inter", "squad", "--target", "bucc", "--json"]
    code = f"import sys; from xh.cli.main import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=600)
    assert [stage["state"] for stage in json.loads(done.stdout)["stages"]] == ["new"] * 3
    assert not HEAVY & set(done.stderr.split())
    assert not list(tmp_path.iterdir())


def test_commands_are_imported_only_when_called():
    code = "import sys; from xh.cli.main import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    found = {name for name in done.stdout.split() if name.startswith("xh.cli.")}
    assert not found - {"xh.cli.main", "xh.cli.output", "xh.cli.streams"}


def test_names_can_not_steer_the_terminal(capsys):
    explain(MissingError("no folder \x1b[2J\u202e", why="a\rb", todo="two\nlines"))
    warn("plugin \x9b1m")
    assert capsys.readouterr().err.splitlines() == [
        r"Error: no folder \x1b[2J\u202e", r"  a\rb", "  two", "  lines", r"Warning: plugin \x9b1m",
    ]  # fmt: skip


@pytest.mark.parametrize("option", ["--langs", "--target", "--inter", "--data", "--model", "--runs", "--profile"])
def test_an_empty_value_is_not_the_default(xh, option):
    answer = xh("plan", "--target", "tatoeba", "--inter", "none", option, "")
    assert answer.code == 2 and answer.err
