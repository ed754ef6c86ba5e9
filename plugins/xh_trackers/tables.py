"""The results of a run as a table of all rows."""

from xh.api import Results

PROJECT = "xh"
"""What the runs are filed under where the environment names nothing else."""
TITLE = "results"
COLUMNS = ("inter", "method", "target", "lang", "seed", "metric", "value", "baseline", "delta")


def rows(results: Results) -> list[list[object]]:
    """A line for each row, in the order of ``COLUMNS``."""
    return [[getattr(row, name) for name in COLUMNS] for row in results.rows]
