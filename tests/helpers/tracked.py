"""A tracker that is told what a run tells, with no run."""

from pathlib import Path

from xh.engine.tracking import Tracked
from xh.plugins import registry

ENTRIES = (
    {"machine": {"device": "cpu"}},
    {"step": 0, "steps": 20},
    {"step": 10, "steps": 20, "epoch": 0.5, "loss": 2.5, "learning_rate": 1e-5, "losses": {"squad": 2.25}},
    {"step": 20, "steps": 20, "epoch": 1.0, "loss": 1.5},
    {"step": 20, "steps": 20, "dev": {"f1": 50.0}, "others": {"target-dev": {"f1": 40.0}}},
)


def tell_tracker(folder: Path, training, results, name: str) -> Path:
    """Tell a tracker of a training and its results; returns the folder of the store. All that failed is raised."""
    said: list[str] = []
    tracked = Tracked(registry().trackers.get(name), folder / "runs", said.append)
    (folder / "runs").mkdir()
    tracked.xh_phase_start(training)
    for entry in ENTRIES:
        tracked.xh_phase_log(training, entry)
    tracked.xh_phase_end(training, 12.5)
    tracked.xh_phase_start(training)
    tracked.xh_phase_error(training)
    tracked.xh_run_results(results)
    tracked.xh_run_end()
    assert said == []
    return folder / "runs"
