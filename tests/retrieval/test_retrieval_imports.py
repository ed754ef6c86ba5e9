"""What importing the packages costs."""

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "faiss", "transformers"}


def _loaded(statement):
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    return set(json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout))


@pytest.mark.parametrize("modules", ["xh.retrieval", "xh.metrics.squad, xh.metrics.accuracy, xh.metrics.bucc"])
def test_nothing_heavy_is_imported(modules):
    assert not (HEAVY | {"numpy"}) & _loaded(f"import {modules}")


def test_the_public_names_are_functions_whatever_was_imported_first():
    import xh.retrieval.encoding
    import xh.retrieval.mining

    assert xh.retrieval.encode is xh.retrieval.encoding.encode
    assert xh.retrieval.mine is xh.retrieval.mining.mine
    assert all(callable(getattr(xh.retrieval, name)) for name in xh.retrieval.__all__)


def test_unknown_name():
    import xh.retrieval

    assert {"encode", "mine"} <= set(dir(xh.retrieval))
    with pytest.raises(AttributeError, match="no attribute 'search_all'"):
        xh.retrieval.search_all  # noqa: B018
