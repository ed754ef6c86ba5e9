"""From a request to the graph of stages that it needs."""

from xh.plan.graph import Plan, build
from xh.plan.request import Request
from xh.spec.cell import BASELINE, Cell

__all__ = ["BASELINE", "Cell", "Plan", "Request", "build"]
