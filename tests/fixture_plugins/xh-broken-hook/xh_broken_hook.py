"""Implements a hook that does not exist."""

from xh.api import hookimpl


@hookimpl
def xh_taks():
    return []
