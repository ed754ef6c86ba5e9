"""CPU seconds of short commands, alone and with fifty third-party plugins installed.

python benchmarks/startup.py
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rounds import rounds, table

PLUGIN = """
from xh.api import Hub, TaskSpec, hookimpl

@hookimpl
def xh_tasks():
    data = Hub("org/made", "0" * 40, {{"train": "train"}})
    return [TaskSpec(name="made{number}", kind="classify", roles=("intermediate",), languages=("en",), data=data,
                     labels=("a", "b"), metric="accuracy")]
"""


def install(folder: Path, count: int) -> None:
    """Distributions as pip leaves them: a module, and a dist-info folder with an entry point."""
    for number in range(count):
        (folder / f"xh_made{number}.py").write_text(PLUGIN.format(number=number))
        info = folder / f"xh_made{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: xh-made{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[xh]\nmade{number} = xh_made{number}\n")


def call(*command: str, path: str = "") -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": path} if path else {}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


def main() -> None:
    xh = str(Path(sys.executable).with_name("xh"))
    with tempfile.TemporaryDirectory() as made:
        install(Path(made), 50)
        listed = subprocess.check_output([xh, "list-tasks"], env=os.environ | {"PYTHONPATH": made}, text=True)
        assert listed.count("made") >= 50
        for arguments in (["--help"], ["list-tasks"]):
            shown = " ".join(["xh", *arguments])
            work = {
                "ours": lambda arguments=arguments: call(xh, *arguments),
                "bare Python": lambda: call(sys.executable, "-c", "pass"),
            }
            table(f"`{shown}`", rounds(work, 5))
        work = {
            "ours": lambda: call(xh, "list-tasks", path=made),
            "without the plugins": lambda: call(xh, "list-tasks"),
        }
        table("`xh list-tasks`, fifty third-party plugins", rounds(work, 5))


if __name__ == "__main__":
    main()
