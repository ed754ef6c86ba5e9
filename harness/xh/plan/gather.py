"""Everything that a plan needs, brought to one place ahead of time: the Hub's cache, or a mirror."""

from pathlib import Path

from msgspec import Struct, structs

from xh.plan import fetch, manifest
from xh.plan.data import HUB, card, files, origin
from xh.plan.encoder import folder_identity, mirrored
from xh.plan.plan import Requirements, requirements
from xh.plan.request import Request
from xh.plan.survey import Need, folded, remote
from xh.plugins.registry import Registry
from xh.spec import MissingError, Site, UsageError


class Gathered(Struct, frozen=True):
    """What is there now, by path with its origin, and in words what isn't. ``folder`` holds the manifest."""

    folder: Path
    files: dict[Path, str]
    missing: tuple[str, ...]


def gather(request: Request, registry: Registry, mirror: Path | None) -> Gathered:
    """Bring all data and the encoder of a request into the cache, or below ``mirror``; what is whole stays.

    Files that are not as the manifest says are downloaded again. What can't be had is left out and named.
    """
    if request.offline or fetch.forbidden():
        raise UsageError(
            "Fetching needs the network, and this is offline.",
            why="--offline or HF_HUB_OFFLINE is set.",
            todo="Do it where there is a network.",
        )
    asked = requirements(structs.replace(request, data=HUB), registry)
    folder = mirror or fetch.home()
    splits = list(remote(asked.needs, asked.tasks, asked.site))
    repo = f"{asked.site.encoder}@{asked.site.revision or 'main'}"
    _discard(folder, {repo, *(origin(*split) for split in splits)})
    problems = fetch.bring(splits, mirror)
    site = structs.replace(asked.site, data=mirror and str(mirror), offline=True)
    there, missing = _found(asked, problems, site)
    lost = folded(missing)
    if not Path(asked.site.encoder).is_dir():
        try:
            there |= dict.fromkeys(_encoder(asked.site, mirror), repo)
        except MissingError as error:
            lost.append(f"encoder {asked.encoder.name}: {error.what}")
    manifest.add(folder, there)
    return Gathered(folder, there, tuple(lost))


def _discard(folder: Path, origins: set[str]) -> None:
    """Remove damaged files; one in the cache is a link to what has to go."""
    for path, problem in manifest.problems(folder, manifest.read(folder), origins).items():
        if problem == "damaged":
            path.resolve().unlink()
            path.unlink(missing_ok=True)


def _found(
    asked: Requirements, problems: dict[str, str], site: Site
) -> tuple[dict[Path, str], dict[Need, tuple[str, ...]]]:
    """The files that are there now with their origins, and why the others are not."""
    there: dict[Path, str] = {}
    missing: dict[Need, tuple[str, ...]] = {}
    for need in asked.needs:
        task = asked.tasks[need.task]
        for source, role, lang in remote([need], asked.tasks, asked.site):
            where = origin(source, role, lang)
            try:
                paths = [*files(task, source, role, lang, site), *card(source, role, lang, site)]
                there |= dict.fromkeys(paths, where)
            except MissingError as error:
                missing[need] = (*missing.get(need, ()), problems.get(where) or error.what.removeprefix(f"{need}: "))
    return there, missing


def _encoder(site: Site, mirror: Path | None) -> list[Path]:
    """The encoder's files, fetched and looked through."""
    place = mirrored(mirror, site.encoder, site.revision) if mirror else None
    found = fetch.fetch_encoder(site, place)
    folder_identity(found)
    return sorted({path for pattern in fetch.ENCODER_FILES for path in found.glob(pattern)})
