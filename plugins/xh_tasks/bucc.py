"""BUCC 2018: mine the translation pairs hidden in two monolingual texts (Zweigenbaum et al. 2018).

XTREME tests on the shared task's *training* part and tunes the threshold on its *sample* part.
"""

from pathlib import Path
from typing import Any

from xh.api import Files, MissingError, TaskSpec, hookimpl


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    base = "bucc2018/{lang}-en/{lang}-en.{split}"
    return [
        TaskSpec(
            name="bucc",
            aliases=("bucc2018",),
            official="bucc2018",
            title="BUCC 2018, bitext mining",
            kind="bitext",
            roles=("target",),
            groups=("xtreme",),
            languages=("de", "fr", "ru", "zh"),
            data=Files(
                paths=(base + ".{lang}", base + ".en", base + ".gold"),
                splits={"dev": "sample", "test": "training"},
                url="https://comparable.limsi.fr/bucc2018/bucc2018-{lang}-en.{split}-gold.tar.bz2",
                reader="xh_tasks.bucc:read",
            ),
            metric="f1",
            recipe={"search": "mine"},
            rows={"test": {"de": 9_580, "fr": 9_086, "ru": 14_435, "zh": 1_899}},
            licence="research use, see comparable.limsi.fr/bucc2018",
            citation="Zweigenbaum et al. 2018, BUCC at LREC",
        )
    ]


def read(paths: list[Path]) -> list[dict[str, Any]]:
    """Both sides and the gold pairs: one row per sentence, in file order, the source rows with their ``match``es."""
    source, target, gold = paths
    matches: dict[str, list[str]] = {}
    for left, right in _pairs(gold):
        matches.setdefault(left, []).append(right)
    return [
        {"side": side, "id": key, "sentence": text, "match": matches.get(key, []) if side == "source" else []}
        for side, path in (("source", source), ("target", target))
        for key, text in _pairs(path)
    ]


def _pairs(path: Path) -> list[tuple[str, str]]:
    pairs = []
    for number, line in enumerate(path.open(encoding="utf-8", newline="\n"), 1):
        left, tab, right = line.rstrip("\r\n").partition("\t")
        if not tab:
            raise MissingError(f"{path}, line {number}: no tab between id and text.", why=f"The line is {line[:60]!r}.")
        pairs.append((left, right))
    return pairs
