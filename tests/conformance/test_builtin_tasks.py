"""Every built-in task: on the sample set, and on samples of the real data where they are."""

import os
from pathlib import Path

import pytest

from xh.testing import conformance_tests

MIRROR = Path(os.environ.get("XH_MIRROR") or Path(__file__).parents[3] / "shared" / "hub")
SHARED = {"bucc": 11, "udpos": 11, "udpos_xr": 11}
"""Rows that the official data have in both dev and test."""

test_sample = conformance_tests("xh", data="sample")

if MIRROR.is_dir():
    test_mirror = conformance_tests("xh", data=str(MIRROR), shared=SHARED)
else:

    @pytest.mark.skip(reason=f"no samples of the real data at {MIRROR}")
    def test_mirror():
        """Takes the place of the tests that need them."""
