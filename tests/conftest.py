"""Fixtures for all tests."""

import gc
import io
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, chdir, contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec
import pytest

from xh.cli.main import main
from xh.engine.execute import prepare
from xh.engine.pool import Said
from xh.engine.worker import Order, serve
from xh.plugins import registry

GOLDEN = Path(os.environ.get("XH_GOLDEN") or Path(__file__).parents[2] / "shared" / "golden")

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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What tests have counted (``record_property``): kills survived, disks full."""
    counts: Counter[str] = Counter()
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        for name, count in report.user_properties if getattr(report, "when", None) == "call" else ():
            counts[name] += count
    if counts:
        terminalreporter.write_line(", ".join(f"{count} {what}" for what, count in counts.items()))


@cache
def _parsed(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture
def golden() -> Callable[[str], Any]:
    """A function from a file name to what the official scorers answered; the test is skipped where that is absent."""
    if not GOLDEN.is_dir():
        pytest.skip(f"golden vectors not found at {GOLDEN}")
    return lambda name: _parsed(GOLDEN / name)


def saved(path: Path, shapes: dict[str, list[int]]) -> None:
    """A safetensors file of bytes that are all zero."""
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + math.prod(shape)
        header[name] = {"dtype": "U8", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(end))


@pytest.fixture
def write_weights() -> Callable[[Path, dict[str, list[int]]], None]:
    """A function that writes a safetensors file from the shapes of its weights."""
    return saved


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that looks like an encoder of six layers."""
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "xlm-roberta", "num_hidden_layers": 6, "max_position_embeddings": 514}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    saved(folder / "model.safetensors", {"weights": [7]})
    return folder


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of the suite; what is made there is made under a lock."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def write_encoder() -> Callable[..., Path]:
    """A function that writes an encoder of random weights with the embedded one's tokenizer; returns its folder."""
    import torch
    import transformers

    from xh.mini import ENCODER

    def write(folder: Path, layers: int, width: int, model: str = "AutoModel") -> Path:
        config = transformers.XLMRobertaConfig(
            vocab_size=16000, hidden_size=16, intermediate_size=width, num_hidden_layers=layers, num_attention_heads=2,
            max_position_embeddings=514, type_vocab_size=1, pad_token_id=1,
        )  # fmt: skip
        torch.manual_seed(0)
        getattr(transformers, model).from_config(config).save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(ENCODER / name, folder / name)
        return folder

    return write


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, write_encoder: Callable[..., Path]) -> Path:
    """A small encoder for what does not depend on what it knows."""
    return write_encoder(tmp_path_factory.mktemp("tiny"), layers=1, width=32)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A function from a size (``8m``) to a real file system that has no more room; the test is skipped without one."""
    folder = tmp_path / "disk"
    done: list[Path] = []

    def mount(size: str) -> Path:
        folder.mkdir()
        try:
            words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
            able = subprocess.run(words, capture_output=True).returncode == 0
        except OSError:
            able = False
        if not able:
            pytest.skip("no tmpfs can be mounted here")
        done.append(folder)
        return folder

    yield mount
    for each in done:
        subprocess.run(["umount", "--lazy", str(each)], check=True)  # mapped weights may outlive a test


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


@pytest.fixture
def violations() -> Callable[[Any], list[tuple[str, list[str]]]]:
    """A function from a page to the rules of axe-core that it breaks, each with the first elements that do."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core: pip install xh[browser]")

    def broken(page: Any) -> list[tuple[str, list[str]]]:
        found = axe.Axe().run(page).response["violations"]
        return [(each["id"], [node["html"][:200] for node in each["nodes"][:2]]) for each in found]

    return broken


METHODS_DEMO = Path(__file__).parent / "fixture_plugins" / "xh-methods-demo"


@pytest.fixture
def methods_demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The distribution xh-methods-demo, as if it were installed: two methods and two engines."""
    found = entry_points
    entry = EntryPoint("methods-demo", "xh_methods_demo", "xh")
    vars(entry).update(dist=SimpleNamespace(name="xh-methods-demo", version="1.0.0"))
    monkeypatch.syspath_prepend(METHODS_DEMO)
    monkeypatch.setattr("xh.plugins.manager.entry_points", lambda group: [*found(group=group), entry])
    registry.cache_clear()
    yield
    registry.cache_clear()
    for name in [name for name in sys.modules if name.startswith("xh_methods_demo")]:
        del sys.modules[name]


class Answer(NamedTuple):
    """What ``xh`` answered."""

    code: int
    out: str
    err: str


class PoolHere:
    """The engine's workers in this process, where torch is imported already. What is sent and said is JSON still.

    That takes six seconds less than a process of its own; those are tested in tests/engine and tests/faults.
    """

    def __init__(self, log: Path, environments: Sequence[Mapping[str, str]]) -> None:
        from xh.stage.cache import StageCache

        self.cache, self.environments = StageCache(), environments
        self.said: deque[Said] = deque()

    def __enter__(self) -> "PoolHere":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, place: int, order: Order) -> None:
        received = msgspec.json.decode(msgspec.json.encode(order), type=Order)
        serve(
            received,
            self.cache,
            lambda event: self.said.append(Said(place, json.loads(json.dumps(event, default=str)))),
        )

    def next(self) -> Said:
        return self.said.popleft()


@pytest.fixture(scope="session")
def worker_here() -> Callable[[], AbstractContextManager[None]]:
    """A function that gives a context in which runs have their worker in this process, and leave no variables there."""

    @contextmanager
    def working() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patched, patch.dict(os.environ):
            patched.setattr("xh.engine.local.Pool", PoolHere)
            yield
        prepare.cache_clear()

    return working


@pytest.fixture(scope="session")
def here(worker_here: Callable[[], AbstractContextManager[None]]) -> Callable[..., Answer]:
    """A function from a folder and words to what ``xh`` answers there, worker and all in this process."""

    def call(folder: Path, *words: object) -> Answer:
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with worker_here(), chdir(folder), redirect_stdout(out), redirect_stderr(err):
            code = main([str(word) for word in words])
        return Answer(code, *(file.buffer.getvalue().decode("utf-8") for file in (out, err)))

    return call
