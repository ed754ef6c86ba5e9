"""Modules some of whose weights have several names, such as a shared body, or the embeddings of T5."""

from typing import Any

from torch import nn


class OnceStored(nn.Module):
    """A module that stores every weight once, under the first of its names: files of weights hold none twice."""

    def state_dict(self, *args: Any, **options: Any) -> dict[str, Any]:  # type: ignore[override]
        """Every weight once."""
        found = super().state_dict(*args, **options)
        return {name: found[name] for name in dict.fromkeys(_first_names(found).values())}

    def load_state_dict(self, state: Any, strict: bool = True, assign: bool = False) -> Any:
        """Take what :meth:`state_dict` gave."""
        names = _first_names(super().state_dict())
        named = {name: state[first] for name, first in names.items() if first in state}
        return super().load_state_dict({**state, **named}, strict, assign)


def _first_names(state: dict[str, Any]) -> dict[str, str]:
    """Each weight's name, and the first name of the same weight."""
    first: dict[int, str] = {}
    return {name: first.setdefault(weight.data_ptr(), name) for name, weight in state.items()}
