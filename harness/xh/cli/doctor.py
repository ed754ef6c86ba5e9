"""``xh doctor``: whether this installation can do its work."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryFile

import click
from msgspec import Struct, to_builtins

from xh.cli import audit, complete
from xh.cli.entries import computes
from xh.cli.output import columns, echo_json
from xh.data import hub
from xh.data.encoder import find
from xh.data.places import places
from xh.data.sizes import size
from xh.mini import ENCODER, SAMPLE
from xh.plugins import registry
from xh.spec import MissingError, StorageError
from xh.store.probe import probe
from xh.version import __version__

PACKAGES = ("torch", "transformers", "datasets", "tokenizers", "accelerate", "faiss-cpu", "numpy", "huggingface_hub")
LEASES = (
    "Leases keep runs apart instead. Where one fails a stage is made twice, which costs time and changes no result; "
    "don't remove stages (xh store rm, gc) or drop models (--keep) while others run."
)
MARKS = {True: click.style("ok", fg="green"), False: click.style("!!", fg="red")}


class Check(Struct, frozen=True):
    """One thing that was looked at: whether it is fine, and what was found."""

    name: str
    fine: bool
    found: str


@click.command("doctor")
@click.option(
    "--data", metavar="WHERE", help="Check the tasks' data instead: hub, sample, or a folder; TASK=FOLDER for one task."
)
@click.option("--model", shell_complete=complete.encoders, metavar="MODEL", help="Show the size of an encoder instead.")
@click.option("--offline", is_flag=True, help="Check only what is cached of the Hub.")
@click.option("--runs", metavar="DIR", help="Check this store, too: whether its file system's locks exclude anybody.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def command(
    ctx: click.Context, data: str | None, model: str | None, offline: bool, runs: str | None, as_json: bool
) -> None:
    """Check this installation; exit code 1 if something is wrong.

    With --data: whether all tasks' data have the splits, languages, columns, labels and numbers of rows that the tasks
    name; exit code 6 if not. With --model: how large it is, from its config and the headers of its files, or from its
    record where they are not on this machine.

    With --runs, and started on several nodes together (srun --nodes=2 xh doctor --runs DIR): whether they exclude one
    another.
    """
    if data is not None:
        ctx.exit(0 if audit.report(places(data), offline, as_json) else MissingError.exit_code)
    if model is not None:
        _show_size(model, offline, as_json)
        return
    checks = list(_checks(Path(runs or "runs")))
    if runs:
        checks.append(_locks(Path(runs)))
    if as_json:
        echo_json(checks)
    else:
        click.echo(columns([(MARKS[check.fine], check.name, check.found) for check in checks]))
    ctx.exit(0 if all(check.fine for check in checks) else 1)


def _show_size(name: str, offline: bool, as_json: bool) -> None:
    found = find(name, registry(), offline=offline or hub.forbidden())
    folder = Path(found.source)
    sized = size(name, folder if folder.is_dir() else None, found.config, registry())
    if as_json:
        echo_json(sized)
        return
    body = sized.parameters - sized.embedding if sized.parameters and sized.embedding else None
    rows = {
        "type": sized.type, "parameters": sized.parameters, "embedding": sized.embedding, "body": body,
        "layers": sized.layers, "hidden": sized.hidden, "dtype": sized.dtype, "licence": sized.licence,
    }  # fmt: skip
    shown = {key: f"{value:,}" if isinstance(value, int) else value or "unknown" for key, value in rows.items()}
    click.echo(columns([*shown.items()]))


def _checks(runs: Path) -> Iterator[Check]:
    yield Check("xh", True, f"{__version__}, python {platform.python_version()}, {platform.platform()}")
    yield from map(_package, PACKAGES)
    yield _hardware()
    yield _asset("embedded encoder", ENCODER, "model.safetensors")
    yield _asset("sample data", SAMPLE, "")
    yield Check("models cache", True, _cache())
    yield _writable(runs)
    yield from (Check("plugins", False, warning) for warning in registry().warnings)
    loaded = sum(not plugin.problem and not plugin.disabled for plugin in registry().plugins.found)
    yield Check("plugins", True, f"{loaded} loaded, {len(list(registry().tasks))} tasks")


def _package(name: str) -> Check:
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, False, "not installed; install xh again")


def _hardware() -> Check:
    """What torch will compute on, and whether bf16 is faster there."""
    try:
        from xh.model.precision import taken, working_device
        from xh.stage.made_on import machine

        return Check("computes on", True, computes(to_builtins(machine(taken("auto", working_device())))))
    except Exception as error:
        return Check("computes on", False, f"torch does not work: {error}")


def _asset(name: str, folder: Path, file: str) -> Check:
    fine = (folder / file).exists()
    return Check(name, fine, str(folder) if fine else f"{folder / file} is missing; install xh again")


def _cache() -> str:
    default = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "huggingface"
    folder = Path(os.environ.get("HF_HOME", default)).expanduser()
    return str(folder) if folder.is_dir() else f"{folder} (does not exist yet)"


def _writable(folder: Path) -> Check:
    """Whether the default store can be written, without making it."""
    place = folder if folder.is_dir() else folder.absolute().parent
    try:
        with TemporaryFile(dir=place):
            return Check("store", True, f"{folder}/ is writable")
    except OSError as error:
        return Check("store", False, f"{folder}/ can't be written: {error.strerror}; give another folder with --runs")


def _locks(runs: Path) -> Check:
    """Whether processes exclude one another in a store, and what follows."""
    try:
        found = probe(runs / "locks")
    except StorageError as error:
        return Check("locks", False, " ".join(filter(None, (error.what, error.why, error.todo))))
    where = f"{len(found.hosts)} nodes ({', '.join(found.hosts)})" if len(found.hosts) > 1 else "this machine"
    if not found.excludes:
        return Check("locks", False, f"exclude nobody on {where}. {LEASES}")
    more = "" if len(found.hosts) > 1 else " Other nodes: srun --nodes=2 --ntasks-per-node=1 xh doctor --runs DIR"
    return Check("locks", True, f"exclude processes of {where}: each stage is made once.{more}")
