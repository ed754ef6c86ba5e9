"""``xh doctor --data``: whether all tasks' data are what their records say."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from xh.cli.output import echo_json, warned_registry
from xh.data import hub
from xh.data.places import Places, reading

if TYPE_CHECKING:
    from xh.testing.audit import Finding

WRONG = ("missing", "different")


def report(data: Places, offline: bool, as_json: bool) -> bool:
    """Print a line for each task and one for each thing that is wrong; returns whether nothing is."""
    from xh.testing.audit import audit

    registry = warned_registry()
    locations = reading(data, registry, offline=offline or hub.forbidden())
    found: list[Finding] = []
    for findings in audit(registry, [claim.record for _, claim in registry.tasks], locations):
        found += findings
        if not as_json:
            click.echo("\n".join(_lines(findings)))
    if as_json:
        echo_json(found)
    return not any(each.state in WRONG for each in found)


def _lines(findings: Sequence["Finding"]) -> Iterator[str]:
    wrong = any(each.state in WRONG for each in findings)
    mark = click.style("!!", fg="red") if wrong else click.style("ok", fg="green")
    splits = list(dict.fromkeys(each.split for each in findings))
    counts = [_count([each for each in findings if each.split == split]) for split in splits]
    private = next((each.problem for each in findings if each.state == "private"), None)
    yield f"{mark}  {findings[0].task:<14}{private or '; '.join(filter(None, counts)) or 'nothing found'}"
    yield from (f"      {text}" for text in _problems(findings))


def _problems(findings: Sequence["Finding"]) -> Iterator[str]:
    """A line for each thing that is wrong with a split, and one for all its languages that are missing."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for each in findings:
        if each.state in WRONG:
            groups.setdefault((each.split, each.problem if each.state == "different" else ""), []).append(each)
    for (split, _), group in groups.items():
        more = len({each.problem for each in group}) - 1
        like = f" and {more} more like it" if more else ""
        yield f"{split} {' '.join(each.lang for each in group)}: {group[0].problem}{like}"


def _count(findings: Sequence["Finding"]) -> str:
    """What was found of one split, e.g. ``test 3,000 rows of the official 15,030 in 3 languages``."""
    there = [each for each in findings if each.rows is not None]
    if not there:
        return ""
    official = [each.official for each in there if each.official is not None]
    of = f" (subset of the official {sum(official):,})" if any(each.state == "subset" for each in there) else ""
    langs = f" in {len(there)} of {len(findings)} languages" if len(findings) > 1 else ""
    return f"{there[0].split} {sum(each.rows or 0 for each in there):,} rows{langs}{of}"
