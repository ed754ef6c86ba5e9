"""Our way and the peers' in interleaved rounds; every benchmark here prints its rows as a Markdown table."""

import resource
import time
from collections.abc import Callable, Mapping
from statistics import median

Work = Mapping[str, Callable[[], object]]


def cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def wall() -> float:
    return time.perf_counter()


def rounds(work: Work, count: int = 3, clock: Callable[[], float] = cpu) -> dict[str, float]:
    """The median cost of each piece of work over ``count`` rounds, each of which does every piece once."""
    costs: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(count):
        for name, function in work.items():
            start = clock()
            function()
            costs[name].append(clock() - start)
    return {name: median(values) for name, values in costs.items()}


def table(path: str, costs: Mapping[str, float], amount: float = 1, unit: str = "CPU-s") -> None:
    """Print a row for each peer; the first of the costs is ours. With an ``amount``: how much of it a second does."""
    (_, ours), *peers = costs.items()
    shown = (lambda cost: f"{cost:.2f} {unit}") if amount == 1 else (lambda cost: f"{amount / cost:,.0f} {unit}")
    for peer, cost in peers:
        print(f"| {path} | {shown(ours)} | {peer} | {shown(cost)} | {cost / ours:.2f} |", flush=True)


def absent(path: str, peer: str, why: str) -> None:
    """Print the row of a peer that can't be measured here."""
    print(f"| {path} | | {peer} | {why} | |", flush=True)
