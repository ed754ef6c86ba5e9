"""Progress of a run on stderr: bars on a terminal, lines elsewhere."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def observer(expected: Mapping[str, float | None]) -> Iterator[object]:
    """A plugin with the announcing hooks; what it draws is cleared up at the end, however that comes.

    ``expected``: the stages to be made, with the seconds that they will take as far as these are known.
    """
    from xh.engine.clock import Clock

    if not sys.stderr.isatty():
        from xh.cli.lines import Lines

        yield Lines(Clock(expected))
        return
    from xh.cli.bars import Bars

    bars = Bars(Clock(expected))
    try:
        yield bars
    finally:
        bars.close()
