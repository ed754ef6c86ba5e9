"""What somebody who installs xh has: the pages, a description without dead links; and what README shows."""

import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest

from helpers.running import call_main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def xh(capsys):
    return partial(call_main, capsys)


def test_docs_lists_the_pages_and_prints_one(xh):
    assert xh("docs") == (0, (ROOT / "docs/index.md").read_text("utf-8"), "")
    for name in ("gpus", "gpus.md"):
        assert xh("docs", name) == (0, (ROOT / "docs/gpus.md").read_text("utf-8"), "")


def test_docs_says_where_a_page_is(xh):
    code, out, _ = xh("docs", "gpus", "--path")
    assert code == 0 and Path(out.strip()).samefile(ROOT / "docs/gpus.md")


def test_docs_knows_no_other_page(xh):
    code, out, err = xh("docs", "gpu")
    assert (code, out) == (2, "")
    assert "Did you mean 'gpus'?" in err and "xh docs lists" in err
    assert xh("docs", "../README")[0] == 2


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_a_terminal_shows_a_page_laid_out(xh, page, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = []
    monkeypatch.setattr("click.echo_via_pager", lambda text, color: shown.append(text))
    assert xh("docs", page.stem) == (0, "", "")
    assert "\x1b[" in shown[0] and "```" not in shown[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    with ZipFile(file) as opened:
        yield opened


def test_the_wheel_has_the_pages_and_what_else_lies_outside_of_the_package(wheel):
    pages = {f"xh/docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert {*wheel.namelist()} >= {*pages, "xh/tasks.toml"}


def test_its_description_has_no_link_that_leads_nowhere(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    text = wheel.read(name).decode()
    assert "# xh" in text and "(`xh docs gpus`)" in text
    assert not [link for link in re.findall(r"\]\(([^)]*)\)", text) if not link.startswith("https://")]


def test_readme_shows_the_tasks_that_there_are(xh):
    shown = re.search(r"^```\n\$ xh list-tasks\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert shown and xh("list-tasks") == (0, shown[1], "")


def test_the_picture_shows_the_numbers_of_the_table():
    picture = (ROOT / "docs/images/answer.svg").read_text("utf-8")
    table = re.search(r"^bucc · f1\n.*\n((?:  .*\n)+)", README, re.MULTILINE)
    assert table
    changes = [line.split()[-1].rstrip("*") for line in table[1].splitlines()]
    assert re.findall(r">([+-]\d+\.\d)<", picture) == changes and len(changes) == 5
