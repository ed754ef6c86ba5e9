"""What an engine is told: its defaults, over them ``tasks.toml``, over that ``--engine-set``."""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from xh.plan.own_settings import typed
from xh.plan.recipes import setting
from xh.plan.request import Request
from xh.plan.settings import engine_sections
from xh.plugins.registry import Registry
from xh.spec import UsageError
from xh.spec.recipe import Values


def engine_settings(request: Request, registry: Registry) -> Values:
    """All settings of the request's engine; raises for those that it does not have."""
    spec = registry.engines.get(request.engine)
    files = [(f"{path.name} [engines.{spec.name}]", values) for path, values in engine_sections(spec.name)]
    layers = [*files, ("--engine-set", request.engine_settings)]
    for origin, values in layers:
        typed(f"engine {spec.name!r}", spec.settings, values, origin)
    return reduce(_merged, (values for _, values in layers), spec.settings)


def parse_settings(words: Iterable[str]) -> Values:
    """``("arguments.queue=gpu",)`` as ``{"arguments": {"queue": "gpu"}}``; a value is a TOML value, or else text."""
    found: Values = {}
    for word in words:
        name, equals, text = word.partition("=")
        keys = [key.strip() for key in name.split(".")]
        if not equals or not all(keys):
            todo = "Use --engine-set KEY=VALUE, e.g. --engine-set cluster=local."
            raise UsageError(f"--engine-set {word!r} is invalid.", todo=todo)
        value: Any = setting(text.strip())
        found = _merged(found, reduce(lambda inner, key: {key: inner}, reversed(keys), value))
    return found


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    """Two mappings as one, and so their inner ones."""
    both = {key: _merged(below[key], above[key]) for key in above if _nested(below.get(key)) and _nested(above[key])}
    return {**below, **above, **both}


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping)
