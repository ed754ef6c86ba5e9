"""``"module:attr"`` references, which keep records light."""

from importlib import import_module
from typing import Any

from xh.spec.errors import UnavailableError


def resolve(reference: str) -> Any:
    """The object that ``"module:attr"`` names; raises ``UnavailableError`` if it can't be imported."""
    module, _, attribute = reference.partition(":")
    try:
        found: Any = import_module(module)
        for name in attribute.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError) as error:
        raise UnavailableError(f"{reference} can't be found.", why=str(error)) from error
    return found
