"""Encoders by name, sizes of a family as one, and how large they are."""

import shutil

import pytest

from xh.cli.main import main
from xh.data.encoder import read_config
from xh.data.sizes import size
from xh.mini import ENCODER
from xh.plan.request import Request
from xh.plan.requirements import requirements
from xh.plugins import registry


def models(**options):
    request = Request(inter=("none",), target=("tatoeba",), langs=("de",), offline=True, **options)
    return [each.encoder.name for each in requirements(request, registry())]


def test_a_family_is_all_its_sizes():
    sizes = ["xlm-roberta-base", "xlm-roberta-large", "xlm-roberta-xl", "xlm-roberta-xxl"]
    assert models(model="xlm-r") == sizes
    assert models(vary={"model": ("mini", "xlm-r", "xlm-roberta-xl")}) == ["mini", *sizes]
    assert models(model="mini") == ["mini"]


def test_every_record_is_whole():
    """A body is smaller than the encoder, and a commit is one."""
    for name, claim in registry().encoders:
        spec = claim.record
        assert spec.revision is None or len(spec.revision) == 40, name
        assert (spec.parameters is None) == (spec.body is None) and (spec.body or 0) <= (spec.parameters or 0), name
        assert name not in {each.record.group for _, each in registry().encoders}


def test_a_folder_is_counted_and_a_record_is_believed(tmp_path):
    found = size("mini", ENCODER, read_config(ENCODER), registry())
    assert (found.parameters, found.embedding, found.layers, found.hidden) == (8_966_912, 4_096_000, 6, 256)
    found = size("xlm-roberta-xl", None, {}, registry())
    assert (found.parameters, found.embedding, found.licence) == (3_476_000_000, 642_000_000, "MIT")
    assert size("nobody/knows", None, {}, registry()).parameters is None


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_doctor_shows_a_size(tmp_path, capsys, form):
    shutil.copytree(ENCODER, tmp_path / "own")
    assert main(["doctor", "--model", str(tmp_path / "own"), *form]) == 0
    out = capsys.readouterr().out
    assert ("8,966,912" in out) == (not form) and ('"parameters": 8966912' in out) == bool(form)
