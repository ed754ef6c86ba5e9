"""``xh fetch``: bring everything that a run needs ahead of time."""

from pathlib import Path

import click
from rich.filesize import decimal

from xh.cli.options import request_options
from xh.cli.output import columns, echo_json, warned_registry
from xh.data import fetch, manifest
from xh.data.places import HUB
from xh.plan import Request
from xh.plan.gather import Gathered, gather
from xh.spec import MissingError, UsageError

CHECK = "Only check that what was fetched is complete."


@click.command("fetch")
@request_options
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Into a folder.")
@click.option("--check", is_flag=True, help=CHECK)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(request: Request, folder: Path | None, check: bool, as_json: bool) -> None:
    """Bring what a run with these options needs, data and encoder, from the Hub into its cache.

    With --to DIR into a folder, for runs with --data DIR. Again: only what is not there or damaged is downloaded.
    """
    mirror = folder.expanduser().resolve() if folder else None
    if check:
        _check(mirror or fetch.home(), as_json)
        return
    if request.data.main not in (None, HUB):
        todo = "Use --to DIR for the folder to fill."
        raise UsageError(f"--data {request.data.main}: only the Hub can be fetched from.", todo=todo)
    gathered = gather(request, warned_registry(), mirror)
    if as_json:
        echo_json({"folder": str(gathered.folder), "files": _texts(gathered.files), "missing": gathered.missing})
    elif gathered.files:
        click.echo(columns(_lines(gathered), header=("FROM", "FILES", "SIZE"), right=(1, 2)))
    if gathered.missing:
        raise MissingError(
            "Could not fetch:\n" + "\n".join(f"  - {text}" for text in gathered.missing),
            todo="The rest was fetched. Check the network and the names, then run this command again.",
        )
    where = f"--data {folder}" if folder else "--data hub"
    click.echo(f"Everything is in {gathered.folder}: run with {where} --offline.", err=True)


def _check(folder: Path, as_json: bool) -> None:
    """Compare every file with the manifest."""
    recorded = manifest.read(folder)
    if not recorded.files:
        raise MissingError(
            f"{folder / manifest.NAME} is not there.", todo="xh fetch writes it; add --to DIR for a folder."
        )
    problems = manifest.problems(folder, recorded)
    if as_json:
        echo_json({"folder": str(folder), "files": len(recorded.files), "problems": _texts(problems)})
    if problems:
        text = "\n".join(f"  - {path} is {problem}" for path, problem in problems.items())
        todo = "Run xh fetch again with the same options."
        raise MissingError(f"{len(problems)} of {len(recorded.files)} files are missing or damaged:\n{text}", todo=todo)
    click.echo(f"{len(recorded.files)} files in {folder} are whole.", err=True)


def _texts(paths: dict[Path, str]) -> dict[str, str]:
    return {str(path): text for path, text in paths.items()}


def _lines(gathered: Gathered) -> list[tuple[str, int, str]]:
    origins: dict[str, list[int]] = {}
    for path, origin in gathered.files.items():
        origins.setdefault(origin, []).append(path.stat().st_size)
    return [(origin, len(sizes), decimal(sum(sizes))) for origin, sizes in sorted(origins.items())]
