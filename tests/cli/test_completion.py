"""What a shell is offered after TAB."""

import pytest

from xh.cli.main import main


def words_offered(monkeypatch, capsys, line: str) -> list[str]:
    """The words that bash is offered for the last one of a line."""
    capsys.readouterr()
    monkeypatch.setenv("_XH_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    with pytest.raises(SystemExit):
        main([])
    return [word.partition(",")[2] for word in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("xh che", ["check-plugin"]),
        ("xh run --inter squ", ["squad", "squad_pairs", "squad_v2"]),
        ("xh run --inter mnli,squad_", ["mnli,squad_pairs", "mnli,squad_v2"]),
        ("xh run --inter mnli+squad_", ["mnli+squad_pairs", "mnli+squad_v2"]),
        ("xh run --inter no", ["none"]),
        ("xh plan --target xt", ["xtreme", "xtreme-r"]),
        ("xh plan --target ml", ["mlqa"]),
        ("xh run --profile mi", ["mini"]),
        ("xh run --model mi", ["mini"]),
        ("xh run --engine lo", ["local"]),
        ("xh run --method no", ["none"]),
        ("xh report --format la", ["latex"]),
        ("xh report --target tato", ["tatoeba", "tatoeba_xr"]),
        ("xh list-tasks --kind cl", ["classify"]),
        ("xh run --langs de,sw", ["de,sw"]),
        ("xh report --langs low,unse", ["low,unseen"]),
        ("xh plan --langs script:Ara", ["script:Arab"]),
        ("xh list-langs --group family:Ura", ["family:Uralic"]),
        ("xh figure sca", ["scatter"]),
        ("xh report --view he", ["heatmap"]),
        ("xh show squad_", ["squad_pairs", "squad_v2"]),
        ("xh check-plugin x", ["xh"]),
        ("xh new-task topics --kind sp", ["span"]),
    ],
)
def test_names_are_completed(monkeypatch, capsys, line, words):
    assert words_offered(monkeypatch, capsys, line) == words


def test_a_command_that_can_not_be_imported_spoils_no_other(capsys, monkeypatch):
    monkeypatch.setattr("xh.cli.main.resolve", lambda reference: 1 / 0)
    assert "run" in words_offered(monkeypatch, capsys, "xh ")
