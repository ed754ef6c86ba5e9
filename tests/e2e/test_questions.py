"""Whole questions: two encoders and a curve in one run that goes on from what the store has."""

import json

import xh
from helpers.encoders import write_encoder
from helpers.running import worker_here


def test_a_curve_over_two_encoders_makes_only_what_an_earlier_run_lacks(tmp_path):
    models = [write_encoder(tmp_path / name, layers=2, width=16) for name in ("one", "two")]
    config = json.loads((models[1] / "config.json").read_text())
    (models[1] / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-6}))
    request = {
        "inter": "mnli",
        "target": ["xnli", "tatoeba"],
        "langs": ["de", "sw"],
        "profile": "mini",
        "data": "sample",
        "overrides": {"tatoeba.layer": 1},
        "limit_target": 16,
        "limit_eval": 8,
        "runs": tmp_path / "runs",
    }
    with worker_here():
        xh.run(model=models[0], limit_intermediate=16, **request)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs/stages").glob("*/stage.json")}
    with worker_here():
        results = xh.run(model=models, vary={"limit-intermediate": [16, 32]}, **request)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    names = sorted(path.name.split("-")[0] for path in (tmp_path / "runs/stages").iterdir())
    assert (len(before), names.count("intermediate"), names.count("target")) == (7, 4, 6)
    frame = results.frame()
    cells = frame.groupby(["target", "model", "inter"])["limit_intermediate"].unique()
    assert len(cells) == 2 * 2 * 2
    assert all(sorted(found) == [16, 32] for (_, _, inter), found in cells.items() if inter == "mnli")
    assert frame[frame.inter == "mnli"].delta.notna().all()
    assert sum(row.inter == "none" for row in results.rows) == 2 * 2 * 2
