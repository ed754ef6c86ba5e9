"""How xh asks to be cited."""

from pathlib import Path

import yaml

import xh
from xh.results.bibtex import bibtex

FILE = Path(__file__).parents[2] / "CITATION.cff"


def test_the_citation_file_has_what_its_format_asks_for_and_this_version():
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert found["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= found.keys()
    assert found["version"] == xh.__version__
    assert found["license"] == "Apache-2.0"


def test_it_names_the_papers_that_every_report_cites():
    found = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    papers = {each["identifiers"][0]["value"].removeprefix("arXiv:"): each["title"] for each in found["references"]}
    assert papers.keys() == {"2005.13013", "2003.11080"}
    text = bibtex([])
    for number, title in papers.items():
        assert f"eprint = {{{number}}}" in text
        assert title in text.replace("{XTREME}", "XTREME")
