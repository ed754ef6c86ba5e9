"""From a request to the graph of stages that it needs."""

from xh.plan.plan import Cell, Plan, build
from xh.plan.request import BASELINE, Request

__all__ = ["BASELINE", "Cell", "Plan", "Request", "build"]
