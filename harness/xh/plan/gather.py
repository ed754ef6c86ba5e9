"""Everything that a plan needs, brought to one place ahead of time: the Hub's cache, or a mirror."""

from pathlib import Path
from typing import TypeGuard

from msgspec import Struct, structs

from xh.data import fetch, hub, manifest, models
from xh.data.encoder import Encoder, folder_identity, mirrored
from xh.data.locate import card, files
from xh.data.patterns import origin
from xh.data.places import HUB
from xh.plan.inventory import folded, remote
from xh.plan.request import Request
from xh.plan.requirements import Requirements, requirements
from xh.plugins.registry import Registry
from xh.spec import Hub, Locations, MissingError, UsageError
from xh.spec.data import DataSplit, Source, is_commit


class Gathered(Struct, frozen=True):
    """What is there now, by path with its origin, and in words what isn't. ``folder`` holds the manifest."""

    folder: Path
    files: dict[Path, str]
    missing: tuple[str, ...]


def gather(request: Request, registry: Registry, mirror: Path | None) -> Gathered:
    """Bring all data and the encoder of a request into the cache, or below ``mirror``; what is whole stays.

    Files that are not as the manifest says are downloaded again. What can't be had is left out and named.
    """
    if request.offline or hub.forbidden():
        raise UsageError(
            "Fetching needs a network connection.",
            why="--offline or HF_HUB_OFFLINE is set.",
            todo="Run this on a machine with a network.",
        )
    points = requirements(structs.replace(request, data=structs.replace(request.data, main=HUB)), registry)
    folder = mirror or fetch.home()
    gathered = [_gather(asked, folder, mirror) for asked in points]
    files = {path: source for each in gathered for path, source in each.files.items()}
    return Gathered(folder, files, tuple(dict.fromkeys(text for each in gathered for text in each.missing)))


def _gather(asked: Requirements, folder: Path, mirror: Path | None) -> Gathered:
    needs = list(dict.fromkeys(need.data for need in asked.needs()))
    splits = list(remote(needs, asked.tasks, asked.locations))
    repo = f"{asked.encoder.source}@{asked.encoder.revision or 'main'}"
    further = {key: model for key, model in asked.models.items() if model.revision}
    repos = [repo, *(f"{each.source}@{each.revision}" for each in further.values())]
    wanted = {*repos, *(origin(*split) for split in splits)}
    _discard(folder, wanted)
    gone = _outdated(mirror, asked, splits, wanted) if mirror else set()
    problems = fetch.bring(splits, mirror)
    locations = structs.replace(asked.locations, data=mirror and str(mirror), offline=True)
    there, missing = _sorted_out(needs, asked, problems, locations)
    lost = folded(missing)
    if not Path(asked.encoder.source).is_dir():
        try:
            there |= dict.fromkeys(_encoder(asked, mirror), repo)
        except MissingError as error:
            lost.append(f"encoder {asked.encoder.name}: {error.what}")
    for key, model in further.items():
        try:
            there |= dict.fromkeys(_model(model, asked.locations, mirror), f"{model.source}@{model.revision}")
        except MissingError as error:
            lost.append(f"{key} {model.name}: {error.what}")
    manifest.add(folder, there, gone)
    return Gathered(folder, there, tuple(lost))


def _discard(folder: Path, wanted: set[str]) -> None:
    """Remove damaged files of these repositories at any commit; one in the cache is a link to what has to go."""
    recorded, names = manifest.read(folder), set(map(_repository, wanted))
    origins = {entry.origin for entry in recorded.files.values() if _repository(entry.origin) in names}
    for path, problem in manifest.problems(folder, recorded, origins).items():
        if problem == "damaged":
            if folder == fetch.home():
                path.resolve().unlink()
            path.unlink(missing_ok=True)


def _repository(origin: str) -> str:
    return origin.rpartition("@")[0] or origin


def _outdated(mirror: Path, asked: Requirements, splits: list[fetch.SourceSplit], wanted: set[str]) -> set[str]:
    """Remove from a mirror what a repository had at another commit and has no more; returns the manifest's names.

    Of files that are only of another commit nothing would tell a later run that they don't belong to the others.
    """
    places = {mirror / source.id: (source.id, source.revision, "dataset") for source, _, _ in splits if _on_hub(source)}
    for model in (asked.encoder, *asked.models.values()):
        if model.revision:
            places[mirrored(mirror, model.source, model.pin)] = (model.source, model.revision, "model")
    gone: set[str] = set()
    for place, repository in places.items():
        other = [
            name
            for name, entry in manifest.read(mirror).files.items()
            if (mirror / name).is_relative_to(place) and entry.origin not in wanted
        ]
        there = hub.files_of(*repository) if other else set()
        gone |= {name for name in other if str((mirror / name).relative_to(place)) not in there}
    for name in gone:
        (mirror / name).unlink(missing_ok=True)
    return gone


def _on_hub(source: Source) -> TypeGuard[Hub]:
    return isinstance(source, Hub) and is_commit(source.revision)


def _sorted_out(
    needs: list[DataSplit], asked: Requirements, problems: dict[str, str], locations: Locations
) -> tuple[dict[Path, str], dict[DataSplit, tuple[str, ...]]]:
    """The files that are there now with their origins, and why the others are not."""
    there: dict[Path, str] = {}
    missing: dict[DataSplit, tuple[str, ...]] = {}
    for need in needs:
        for source, split, lang in remote([need], asked.tasks, asked.locations):
            where = origin(source, split, lang)
            try:
                paths = [*files(source, split, lang, locations), *card(source, split, lang, locations)]
                there |= dict.fromkeys(paths, where)
            except MissingError as error:
                missing[need] = (*missing.get(need, ()), problems.get(where) or error.what)
    return there, missing


def _encoder(asked: Requirements, mirror: Path | None) -> list[Path]:
    """The encoder's files, fetched and looked through."""
    locations = asked.locations
    place = mirrored(mirror, asked.encoder.source, asked.encoder.pin) if mirror else None
    folder = fetch.fetch_encoder(asked.encoder.place, locations, place)
    folder_identity(folder, locations.trust_remote_code)
    patterns = fetch.encoder_files(locations.trust_remote_code)
    return sorted({path for pattern in patterns for path in folder.glob(pattern)})


def _model(model: Encoder, locations: Locations, mirror: Path | None) -> list[Path]:
    """The files of a further model, fetched and looked through."""
    place = mirrored(mirror, model.source, model.pin) if mirror else None
    folder = fetch.fetch_model(model.place, locations, place)
    models.folder_identity(folder)
    return sorted({path for pattern in fetch.MODEL_FILES for path in folder.glob(pattern)})
