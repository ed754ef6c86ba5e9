"""What is known of workers that only pretend to work."""

from pathlib import Path


def worker_pids(runs: Path):
    """The process ids of all workers so far."""
    return [int(line) for line in (runs / "pids").read_text().split()] if (runs / "pids").exists() else []
