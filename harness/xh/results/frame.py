"""Rows with a column per axis, for spreadsheets and pandas."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict


def spread(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows (``xh.results.records.Row``) as plain values, all with the same keys: their fields, axes and protocol.

    A setting has its name in the place of the axis, such as ``tatoeba.layer``.
    """
    settings = dict.fromkeys(key for row in rows for key in row.at.settings)
    protocol = dict.fromkeys(key for row in rows for key in row.protocol)
    return [_spread(row, list(settings), list(protocol)) for row in rows]


def _spread(row: Any, settings: Sequence[str], protocol: Sequence[str]) -> dict[str, Any]:
    own, axes = asdict(row), asdict(row.at)
    del own["at"], own["protocol"], axes["settings"]
    found = {key: row.at.settings.get(key) for key in settings}
    return own | axes | found | {f"protocol.{key}": row.protocol.get(key) for key in protocol}


def frame(rows: Sequence[Any]) -> Any:
    """The same as a tidy ``pandas.DataFrame``, a line per score, with the ends of intervals in columns of their own."""
    import pandas as pd

    lines = spread(rows)
    for line in lines:
        line["ci95_low"], line["ci95_high"] = line.pop("ci95_examples") or (None, None)
    return pd.DataFrame(lines)
