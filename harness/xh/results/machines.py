"""What rows were computed on and by, and differences between stages that were computed differently."""

from collections.abc import Sequence

import msgspec

from xh.store import Record

COMPARED = ("precision", "device")
DESCRIBED = ("device", "processor", "precision")


def described(record: Record) -> dict[str, str]:
    """What a stage was made on, as far as it is known, for a row's protocol."""
    known = msgspec.to_builtins(record.machine)
    return {name: known[name] for name in DESCRIBED if known[name]}


def unlike(chain: Sequence[Record], baseline: Sequence[Record], called: str = "baseline") -> tuple[str, ...]:
    """How the stages of a cell and those of its baseline differ: ``precision bf16, baseline fp32``.

    In the machine, or in the version of a plugin that has their tasks: ``xh-sts 1.1, baseline 1.0``.

    Both are all records, from the first training to the evaluation; the second may be ``called`` something else. A
    phase is compared with the same one of the baseline, or with all of it where it lacks that phase. What isn't known
    differs from nothing.
    """
    plugins = {task.dist for record in chain for task in record.stage.inputs.tasks.values() if task.dist}
    return tuple(
        f"{name} {' and '.join(_values(chain, name))}, {called} {' and '.join(_values(baseline, name))}"
        for name in (*COMPARED, *sorted(plugins))
        if any(_differs(record, baseline, name) for record in chain)
    )


def _differs(record: Record, baseline: Sequence[Record], name: str) -> bool:
    same = [other for other in baseline if other.stage.phase == record.stage.phase]
    theirs = _values(same or baseline, name)
    return bool(theirs and not {*_values([record], name)} <= {*theirs})


def _values(records: Sequence[Record], name: str) -> list[str]:
    values = (
        getattr(record.machine, name) if name in COMPARED else record.versions.get(name, "") for record in records
    )
    return list(dict.fromkeys(filter(None, values)))
