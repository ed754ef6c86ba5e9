"""The plugin layer: hooks, discovery, and the tables of what was registered."""

from xh.plugins.hookspecs import hookimpl, hookspec
from xh.plugins.registry import Registry, registry

__all__ = ["Registry", "hookimpl", "hookspec", "registry"]
