"""What the page on plugins says of the columns and settings of each kind."""

import re
from collections import defaultdict
from pathlib import Path

from xh.spec.kinds import BUILT_IN

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
COLUMN = re.compile(r"^\| `(\w+)` \| `(\w+)`( \(optional\))? \| [^|]{5,} \|$", re.MULTILINE)
SETTINGS = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \| (`\w+`(?:, `\w+`)+) \|$", re.MULTILINE)


def test_the_page_has_the_columns_of_every_kind():
    told = defaultdict(set)
    for kind, column, optional in COLUMN.findall(PAGE):
        told[kind].add((column, bool(optional)))
    assert told == {
        kind.name: {*((name, False) for name in kind.required), *((name, True) for name in kind.optional)}
        for kind in BUILT_IN
        if kind.columns
    }


def test_the_page_has_the_settings_of_every_kind():
    told = {
        kind: re.findall(r"\w+", settings)
        for kinds, settings in SETTINGS.findall(PAGE)
        for kind in re.findall(r"\w+", kinds)
    }
    assert told == {kind.name: [*kind.settings.__struct_fields__] for kind in BUILT_IN}
