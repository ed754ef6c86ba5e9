"""Looking at the Hub's data, for which they are fetched."""

import json
import subprocess
import sys

SCRIPT = """
import sys
from xh.cli.output import echo_json
from xh.plugins import registry
from xh.spec import Locations
from xh.testing.audit import audit

found = audit(registry(), [registry().task(name) for name in sys.argv[1:]], Locations(store=""))
echo_json([each for findings in found for each in findings])
"""


def test_on_the_hub_every_difference_counts(command, tmp_path):
    words = [sys.executable, "-c", SCRIPT, "pawsx", "ccg", "xquad"]
    done = subprocess.run(words, env=command[1], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    found = {(each["task"], each["split"], each["lang"]): each for each in json.loads(done.stdout)}
    assert found["pawsx", "train", "en"]["problem"] == "24 rows instead of 49,401"
    assert found["pawsx", "test", "de"]["state"] == "different"
    assert found["pawsx", "test", "ja"]["state"] == "missing"
    assert found["ccg", "train", "en"]["state"] == "private"
    problem = found["xquad", "test", "en"]["problem"]
    assert problem.startswith("google/xquad@51adfef1c128 could not be fetched: the Hub has no such repository")
