"""Fixtures for all tests."""

import gc
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from helpers.disks import Tmpfs
from helpers.encoders import write_encoder
from helpers.made_plugins import Owner
from helpers.weights import write_weights
from xh.plugins import registry

# Tiny models on busy cores spend their time waiting for a second thread; PyTorch and the tests' processes heed this.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A worker imports nothing from the current folder, nor do the processes that train for one that is in this process.
os.environ["PYTHONSAFEPATH"] = "1"

# What tests fetch and convert is kept apart from what the user has, and is gone with the suite.
if "PYTEST_XDIST_WORKER" not in os.environ:
    CACHE = TemporaryDirectory(prefix="xh-tests-")
    os.environ["HF_HOME"] = CACHE.name

# A suite that was started in the background ignores SIGINT, and so would the runs that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


SLOW = ("conformance", "docs", "e2e", "faults", "fetch")
"""Rooms with tests or files that take long; they come first, so that no core is left with one at the end."""
SINGLE = ("faults", "fetch")
"""Rooms whose tests share little, so that those of one file may run side by side."""


def pytest_collection() -> None:
    """Nor is there any garbage while modules are imported."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.parent.name not in SLOW)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Which tests go to the same process: those of a file, for they share fixtures. In the order of the files."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return nodeid if Path(path).parent.name in SINGLE else path

    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_finish() -> None:
    """Every training has the garbage collected, and what was imported is none, but takes half a second to look at."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Nor is it what a file's tests have imported and made."""
    if nextitem is None or nextitem.path != item.path:
        gc.freeze()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests have counted (``record_property``): kills survived, disks full."""
    counts: Counter[str] = Counter()
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        for name, count in report.user_properties if getattr(report, "when", None) == "call" else ():
            counts[name] += count
    if counts:
        terminalreporter.write_line(", ".join(f"{count} {what}" for what, count in counts.items()))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that looks like an encoder of six layers."""
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "xlm-roberta", "num_hidden_layers": 6, "max_position_embeddings": 514}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    write_weights(folder / "model.safetensors", {"weights": [7]})
    return folder


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of the suite; what is made there is made under a lock."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small encoder for what does not depend on what it knows."""
    return write_encoder(tmp_path_factory.mktemp("tiny"), layers=1, width=32)


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Tmpfs]:
    disk = Tmpfs(tmp_path / "disk")
    yield disk
    disk.unmount()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser: pip install xh[browser]")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no browser: apt-get install chromium")
    options = {"args": ["--no-sandbox"]} if os.geteuid() == 0 else {}
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, **options)
        yield browser
        browser.close()


METHODS_DEMO = Path(__file__).parent / "fixture_plugins" / "xh-methods-demo"


@pytest.fixture
def methods_demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The distribution xh-methods-demo, as if it were installed: two methods and two engines."""
    found = entry_points
    entry = EntryPoint("methods-demo", "xh_methods_demo", "xh")
    vars(entry).update(dist=Owner("xh-methods-demo", "1.0.0"))
    monkeypatch.syspath_prepend(METHODS_DEMO)
    monkeypatch.setattr("xh.plugins.manager.entry_points", lambda group: [*found(group=group), entry])
    registry.cache_clear()
    yield
    registry.cache_clear()
    for name in [name for name in sys.modules if name.startswith("xh_methods_demo")]:
        del sys.modules[name]
