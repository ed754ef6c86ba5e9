"""Settings that must lie in a range."""

from math import inf

from xh.api import Method, UsageError


def check_range(method: Method, setting: str, low: float, high: float = inf) -> None:
    """Raise :class:`UsageError` for a setting of a method that is lower than ``low`` or higher than ``high``."""
    value = getattr(method.settings, setting)
    if not low <= value <= high:
        name = method.name.rpartition(":")[2]
        wanted = f"at least {low:g}" if high == inf else f"from {low:g} to {high:g}"
        raise UsageError(f"--set {name}.{setting}={value} is out of range.", todo=f"Choose a number {wanted}.")
