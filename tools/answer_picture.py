"""Draw the picture of README from the results of ``make demo``.

xh report --runs runs/demo --format json | python tools/answer_picture.py > docs/images/answer.svg
"""

import json
import sys
from collections.abc import Iterator
from html import escape
from typing import Any

from xh.plugins import registry

WIDTH, TOP, STEP = 760, 84, 34
LEFT = (150, 400)
RIGHT = (480, 650)
BEFORE, AFTER, INK, PALE = "#6b7280", "#0072b2", "#1f2933", "#d5dae1"
STYLE = (
    f"text{{font:14px system-ui,sans-serif;fill:{INK}}}.small{{font-size:12px;fill:{BEFORE}}}.bold{{font-weight:600}}"
)


def draw(results: dict[str, Any]) -> str:
    """An SVG: for each language the score before and after, and the difference with its 95% interval."""
    rows = [row for row in results["summaries"] if row["main"] and row["delta"] is not None]
    height = TOP + STEP * len(rows) + 40
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>{escape(_title(rows[0]))}</title><style>{STYLE}</style>"
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#fff"/>'
    )
    return "\n".join([head, *_frame(rows, height), *_lines(rows), "</svg>", ""])


def _title(row: dict[str, Any]) -> str:
    return f"{row['metric'].upper()} on {row['target']}, before and after training on {row['inter']}"


def _frame(rows: list[dict[str, Any]], height: int) -> Iterator[str]:
    yield _text(24, 34, _title(rows[0]), "bold")
    yield f'<circle cx="30" cy="54" r="5" fill="#fff" stroke="{BEFORE}" stroke-width="2"/>'
    yield _text(42, 58, "baseline", "small")
    yield f'<circle cx="112" cy="54" r="5" fill="{AFTER}"/>'
    yield _text(124, 58, f"after {rows[0]['inter']}", "small")
    yield _text(RIGHT[0], 58, "difference, 95% interval over examples", "small")
    zero = _place(0, _reach(rows), RIGHT)
    yield f'<line x1="{zero}" x2="{zero}" y1="{TOP - 12}" y2="{height - 36}" stroke="{BEFORE}" stroke-dasharray="3 3"/>'
    yield _text(zero, height - 16, "0", "small", "middle")
    for score in range(40, 80, 10):
        x = _place(score, _scores(rows), LEFT)
        yield f'<line x1="{x}" x2="{x}" y1="{TOP - 12}" y2="{height - 36}" stroke="{PALE}"/>'
        yield _text(x, height - 16, str(score), "small", "middle")


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        y, bold = TOP + STEP * number + 8, "" if row["lang"] else "bold"
        yield _text(24, y + 5, _name(row["lang"]), bold)
        before, after = (_place(row[name], _scores(rows), LEFT) for name in ("baseline", "mean"))
        yield f'<line x1="{before}" x2="{after}" y1="{y}" y2="{y}" stroke="{AFTER}" stroke-width="2"/>'
        yield f'<circle cx="{before}" cy="{y}" r="6" fill="#fff" stroke="{BEFORE}" stroke-width="2"/>'
        yield f'<circle cx="{after}" cy="{y}" r="6" fill="{AFTER}"/>'
        low, high = (_place(end, _reach(rows), RIGHT) for end in row["ci95_examples"])
        yield f'<line x1="{low}" x2="{high}" y1="{y}" y2="{y}" stroke="{AFTER}" stroke-width="3"/>'
        yield f'<circle cx="{_place(row["delta"], _reach(rows), RIGHT)}" cy="{y}" r="5" fill="{AFTER}"/>'
        yield _text(WIDTH - 24, y + 5, f"{row['delta']:+.1f}", bold, "end")


def _name(lang: str | None) -> str:
    return registry().languages.get(lang).title if lang else "Average"


def _scores(rows: list[dict[str, Any]]) -> tuple[float, float]:
    values = [row[name] for row in rows for name in ("baseline", "mean")]
    return min(values) - 2, max(values) + 2


def _reach(rows: list[dict[str, Any]]) -> tuple[float, float]:
    most = max(abs(end) for row in rows for end in row["ci95_examples"])
    return -most, most


def _place(value: float, values: tuple[float, float], pixels: tuple[int, int]) -> float:
    share = (value - values[0]) / (values[1] - values[0])
    return round(pixels[0] + share * (pixels[1] - pixels[0]), 1)


def _text(x: float, y: float, text: str, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{name}" text-anchor="{anchor}">{escape(text)}</text>'


if __name__ == "__main__":
    sys.stdout.write(draw(json.load(sys.stdin)))
