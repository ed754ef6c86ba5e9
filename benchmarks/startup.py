"""CPU seconds of short commands, beside the peers', and with fifty third-party plugins installed.

python benchmarks/startup.py
"""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from rounds import absent, rounds, table

PEERS = {
    "xh --help": ("lm_eval --help", "mteb --help", "llm --help"),
    "xh list-tasks": ("lm_eval ls tasks", "mteb available-tasks", "llm models"),
}
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


def compare(shown: str, peers: tuple[str, ...]) -> None:
    """A short command of ours, of bare Python and of the peers that are installed beside it."""
    folder = Path(sys.executable).parent
    there = [peer for peer in peers if (folder / peer.split()[0]).exists()]
    work = {"bare Python": lambda: call(sys.executable, "-c", "pass")}
    work |= {f"`{peer}`": partial(call, str(folder / peer.split()[0]), *peer.split()[1:]) for peer in there}
    ours = {"ours": partial(call, str(folder / "xh"), *shown.split()[1:])}
    table(f"`{shown}`", rounds(ours | work))
    for peer in sorted({*peers} - {*there}):
        absent(f"`{shown}`", f"`{peer}`", "not installed")


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
        for shown, peers in PEERS.items():
            compare(shown, peers)
        work = {
            "ours": lambda: call(xh, "list-tasks", path=made),
            "without the plugins": lambda: call(xh, "list-tasks"),
        }
        table("`xh list-tasks`, fifty third-party plugins", rounds(work, 5))


if __name__ == "__main__":
    main()
