"""Returns something that is no list of records."""

from xh.api import hookimpl


@hookimpl
def xh_tasks():
    return {"name": "broken-return"}
