"""Fetch first, then run where no socket may be opened: neither by ``xh`` nor by its worker."""

import json
from pathlib import Path

import pytest

from helpers.standin import Hub

PLAN = ("--langs", "de", "--model", "someone/encoder", "--target")
LIMITS = ("--limit-train", "16", "--limit-eval", "8", "--json")


@pytest.mark.parametrize(
    ("targets", "to", "data", "variables"),
    [
        ("tatoeba", (), ("--data", "hub"), {"HF_HUB_OFFLINE": "1"}),
        ("pawsx,tatoeba", ("--to", "mirror"), ("--data", "mirror", "--offline"), {}),
    ],
    ids=["cache", "mirror"],
)
def test_fetched_then_run_without_a_socket(hub: Hub, call, without_network, targets, to, data, variables):
    assert call("fetch", *PLAN, targets, *to).returncode == 0
    hub.seen.clear()
    run = call("run", *PLAN, targets, *LIMITS, *data, **variables, **without_network)
    assert run.returncode == 0, run.stderr
    found = {(row["target"], row["lang"]) for row in json.loads(run.stdout)["rows"]}
    assert found == {(target, "de") for target in targets.split(",")}
    log = Path(without_network["NO_NETWORK_LOG"]).read_text().splitlines()
    assert any("xh.engine.worker" in line for line in log), "the worker was watched"
    assert [line for line in log if not line.startswith("watched")] == []
    assert not hub.seen


def test_the_watch_sees_a_socket(call, without_network):
    run = call("run", *PLAN, "tatoeba", "--data", "hub", **without_network)
    assert run.returncode == 6
    assert "may not use the network" in run.stderr
    assert "socket." in Path(without_network["NO_NETWORK_LOG"]).read_text()
