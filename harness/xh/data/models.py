"""Further models that a setting of a task names, such as a vision tower: found, and named for fingerprints."""

from importlib.util import find_spec
from pathlib import Path

from xh.data import hub
from xh.data.encoder import Encoder, mirrored, read_config
from xh.data.fetch import cached_model, fetch_model
from xh.data.headers import files
from xh.data.locate import content_hash
from xh.data.patterns import check_parts, matching
from xh.data.places import is_folder
from xh.spec import Locations, MissingError
from xh.spec.data import is_commit

PROCESSORS = ("preprocessor_config.json", "processor_config.json")
"""What says how raw inputs become a model's; one of them must be there."""


def find(name: str, mirror: Path | None = None, *, offline: bool = False) -> Encoder:
    """A Hub id (``id@revision`` pins it), taken from the mirror if it has it; a folder; or ``package:folder``."""
    if folder := _local(name):
        return _in_folder(name, folder)
    repo, _, revision = name.partition("@")
    pin = revision or None
    places = [mirrored(mirror, repo, each) for each in dict.fromkeys((pin, None))] if mirror else []
    if there := next((place for place in places if place.is_dir()), None):
        return _in_folder(name, there)
    return _on_hub(name, repo, pin, offline)


def missing(model: Encoder, setting: str, locations: Locations, download: bool) -> list[str]:
    """Why a model can't be had. If it is not to be downloaded, that is only known where the Hub answers."""
    problem = model.problem
    if problem and not download and (locations.offline or hub.unreachable()):
        return []
    if download and not problem and model.revision:
        try:
            folder_identity(fetch_model(model.place, locations))
        except MissingError as error:
            problem = f"{error.what} {error.why}".strip()
    return [f"{setting} {model.name}: {problem}"] if problem else []


def folder_identity(folder: Path) -> str:
    """A hash of all that is read of a model's folder: config, processor, weights; raises for what it lacks."""
    read_config(folder)
    check_parts(matching(folder, "*.safetensors"))
    weights = files(folder)
    processors = [path for name in PROCESSORS for path in matching(folder, name)]
    if not processors:
        raise MissingError(
            f"{folder} has no {PROCESSORS[0]}, which says how pictures become inputs.",
            todo="Save it with AutoImageProcessor.from_pretrained(…).save_pretrained(folder).",
        )
    return content_hash([folder / "config.json", *processors, *weights])


def model_folder(identity: str, locations: Locations) -> Path:
    """The folder of a model by its identity, checked against it; no network is used."""
    place = locations.encoders[identity]
    folder = cached_model(place, locations)
    if not place.revision and folder_identity(folder) != identity:
        raise MissingError(
            f"The model in {folder} has changed since the run was planned.", todo="Run the same command again."
        )
    return folder


def _local(name: str) -> Path | None:
    package, colon, below = name.partition(":")
    if colon:
        spec = find_spec(package) if package.isidentifier() else None
        if spec is None or not spec.submodule_search_locations:
            raise MissingError(f"The package {package!r} that carries the model can't be found.")
        return Path(spec.submodule_search_locations[0]) / below
    folder = Path(name).expanduser()
    if is_folder(name):
        return folder.resolve()
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise MissingError(f"Model {name}: there is no such folder.", todo="Give a folder, a Hub id or package:folder.")
    return None


def _in_folder(name: str, folder: Path) -> Encoder:
    return Encoder(name=name, source=str(folder), identity=folder_identity(folder), config=read_config(folder))


def _on_hub(name: str, repo: str, pin: str | None, offline: bool) -> Encoder:
    revision, problem = pin or "main", None
    try:
        revision = hub.commit(repo, revision, "model", offline)
    except MissingError as error:
        problem = error.what
    identity = revision if is_commit(revision) else f"{repo}@{revision}"
    return Encoder(name=name, source=repo, identity=identity, revision=revision, pin=pin, problem=problem)
