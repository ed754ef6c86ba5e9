"""Settings that the record of an engine or a method names, with their defaults."""

from typing import Any

import msgspec

from xh.spec import UsageError
from xh.spec.errors import did_you_mean
from xh.spec.recipe import NONE, Limits, Values, like


def typed(owner: str, settings: Values, values: Values, origin: str = "", limits: Limits = NONE) -> Any:
    """``values`` as :func:`~xh.spec.recipe.like` makes them; raises for those that ``owner`` lacks, of another type, or
    beyond their ``limits``.

    ``owner``: as ``engine 'dask'``; ``origin``: who says the values.
    """
    whence = f" (from {origin})" if origin else ""
    for key in values:
        if key not in settings:
            raise UsageError(
                f"{owner[0].upper()}{owner[1:]} has no setting {key!r}{whence}.",
                why=did_you_mean(key, list(settings)),
                todo=f"Its settings: {', '.join(settings)}." if settings else "It has none.",
            )
    try:
        return like(settings, values, limits)
    except msgspec.ValidationError as error:
        raise UsageError(f"A setting of {owner} is invalid{whence}.", why=str(error)) from error
