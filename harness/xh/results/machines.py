"""Like with like: what rows were made on, and differences between stages that were made in unlike ways."""

from collections.abc import Sequence

import msgspec

from xh.store import Record

COMPARED = ("precision", "device")
DESCRIBED = ("device", "processor", "precision")


def described(record: Record) -> dict[str, str]:
    """What a stage was made on, as far as it is known, for a row's protocol."""
    known = msgspec.to_builtins(record.machine)
    return {name: known[name] for name in DESCRIBED if known[name]}


def unlike(chain: Sequence[Record], baseline: Sequence[Record]) -> tuple[str, ...]:
    """How the stages of a cell and those of its baseline differ: ``precision bf16, baseline fp32``.

    Both are all records, from the first training to the evaluation. What isn't known differs from nothing.
    """
    found = {name: (_values(chain, name), _values(baseline, name)) for name in COMPARED}
    return tuple(
        f"{name} {' and '.join(own)}, baseline {' and '.join(theirs)}"
        for name, (own, theirs) in found.items()
        if own and theirs and len({*own, *theirs}) > 1
    )


def _values(records: Sequence[Record], name: str) -> list[str]:
    values = (getattr(record.machine, name) for record in records)
    return list(dict.fromkeys(filter(None, values)))
