"""Settings of xh's methods that are out of range are told before anything is trained."""

import pytest
from methods import made

from xh.spec import UsageError
from xh.training.setup import training_setup


@pytest.mark.parametrize(
    ("name", "setting", "value", "wanted"),
    [
        ("code-switch", "ratio", 1.5, "from 0 to 1"),
        ("code-switch", "sentences", -0.1, "from 0 to 1"),
        ("salt", "ratio", 2.0, "from 0 to 1"),
        ("salt", "candidates", 0, "at least 1"),
        ("salt", "alpha", 0.0, "at least 0.001"),
        ("lexical-injection", "pairs", 1, "at least 2"),
        ("layer-attention", "lowest", 2, "from 0 to 1"),
    ],
)
def test_a_setting_out_of_range(worker, name, setting, value, wanted):
    with pytest.raises(UsageError, match=f"--set {name}.{setting}={value} is out of range") as caught:
        worker.methods = (made(name, **{setting: value}),)
        training_setup(worker.job())
    assert wanted in caught.value.todo
