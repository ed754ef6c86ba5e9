"""``xh plugins``: all that there is to be asked for by name."""

import json


def test_encoders_engines_and_all_else_that_has_a_name_are_listed(xh):
    lines = dict(line.strip().split("  ", 1) for line in xh("plugins").out.partition("Registered\n")[2].splitlines())
    assert "mini, " in lines["encoders"] and "xlm-roberta-base" in lines["encoders"]
    assert lines["engines"].strip() == "dask, local, slurm-jobs"
    assert {"kinds", "tasks", "report formats", "commands", "studies"} <= lines.keys()


def test_a_program_learns_which_plugin_registers_what(xh):
    found = {plugin["entry"]: plugin["registers"] for plugin in json.loads(xh("plugins", "--json").out)}
    assert found["squad"] == {"task": ["squad"]}
    assert found["builtin"]["engine"] == ["local", "slurm-jobs"]
