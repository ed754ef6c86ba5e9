"""Asks for an argument that its hook does not have."""

from xh.api import hookimpl


@hookimpl
def xh_tasks(config):
    return []
