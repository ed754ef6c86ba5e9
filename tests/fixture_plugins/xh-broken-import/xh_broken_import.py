"""Raises when it is imported."""

raise RuntimeError("a library is too old")
