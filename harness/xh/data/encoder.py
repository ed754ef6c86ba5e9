"""Which encoder a run starts from: found, checked, and named for fingerprints."""

import json
import re
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from xh.data import hub
from xh.data.converted import pickled, slow, usable
from xh.data.fetch import CODE, PICKLED, fetch_encoder
from xh.data.headers import check as check_weights
from xh.data.locate import content_hash
from xh.data.patterns import check_parts, matching
from xh.data.places import is_folder
from xh.plugins.registry import Registry, registry
from xh.spec import EncoderSource, Locations, MissingError
from xh.spec.data import is_commit
from xh.spec.errors import UNPARSABLE

READ = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
CONFIGS = ("config.json", "tokenizer_config.json")
ELSEWHERE = re.compile(r'([^"\s]+)--[^"\s]+')
"""A class in the code of another repository, as ``auto_map`` names it."""
ROBERTA = ("xlm-roberta", "roberta", "camembert", "xlm-roberta-xl")
PADDED = 2
"""Positions that these models leave unused."""


class Encoder(Struct, frozen=True, kw_only=True):
    """An encoder: ``name`` as asked for, ``source`` its folder or Hub id, ``identity`` for fingerprints.

    ``revision``: the commit on the Hub; a branch where the commit can't be looked up. ``pin``: the revision that was
    asked for. ``config``: what ``config.json`` says. ``problem``: why the Hub did not give commit or config.
    """

    name: str
    source: str
    identity: str
    revision: str | None = None
    pin: str | None = None
    config: dict[str, Any] = {}
    problem: str | None = None

    @property
    def place(self) -> EncoderSource:
        """Where it lies."""
        return EncoderSource(self.source, self.revision)

    @property
    def layers(self) -> int | None:
        """How many layers it has, as far as its config tells."""
        return _number(self.config, "num_hidden_layers")

    @property
    def positions(self) -> int | None:
        """How many subword tokens it takes, as far as its config tells."""
        positions = _number(self.config, "max_position_embeddings")
        return positions - PADDED if positions and self.config.get("model_type") in ROBERTA else positions


def find(
    name: str, known: Registry, mirror: Path | None = None, *, offline: bool = False, trusted: bool = False
) -> Encoder:
    """A registered encoder, a folder, or a Hub id (``id@revision`` pins it), taken from the mirror if it has it.

    ``trusted``: the code beside it is run, so it is part of the identity.
    """
    repo, pin = _meant(name, known)
    if isinstance(repo, Path):
        return _in_folder(name, repo, trusted)
    plain = (mirrored(mirror, repo, None), mirrored(mirror, name, None)) if mirror and name in known.encoders else ()
    places = (mirrored(mirror, repo, pin), *plain) if mirror else ()
    if there := next((place for place in places if place.is_dir()), None):
        return _in_folder(name, there, trusted)
    found = _on_hub(name, repo, pin, offline, trusted)
    return replace(found, problem=f"{found.problem}. {_names(known)}") if found.problem and "/" not in name else found


def _names(known: Registry) -> str:
    return f"Encoders with a name: {', '.join(name for name, _ in known.encoders)}"


def folder_of(name: str) -> Path:
    """The folder of the encoder that :func:`find` finds, fetched where it is on the Hub; its weights are not read."""
    repo, pin = _meant(name, registry())
    if isinstance(repo, Path):
        return usable(repo)
    return usable(fetch_encoder(EncoderSource(repo, pin), Locations(store="", offline=hub.forbidden())))


def _meant(name: str, known: Registry) -> tuple[Path | str, str | None]:
    """A folder, or an id on the Hub and the revision that is asked for."""
    source, pin = name, None
    if name in known.encoders:
        spec = known.encoders.get(name)
        source, pin = spec.source, spec.revision
    folder = Path(source).expanduser()
    if is_folder(source):
        return folder.resolve(), None
    if folder.is_absolute() or source.startswith((".", "~")) or source.count("/") > 1:
        todo = f"Give a folder, a Hub id, or a name. {_names(known)}."
        raise MissingError(f"Encoder {name}: there is no such folder.", todo=todo)
    repo, _, revision = source.partition("@")
    return repo, revision or pin


def mirrored(mirror: Path, repo: str, pin: str | None) -> Path:
    """Where a mirror has an encoder: ``models/<id>``, or ``models/<id>@<revision>`` if it is pinned.

    A registered one is taken from ``models/<id>`` and ``models/<name>`` too.
    """
    return mirror / "models" / (f"{repo}@{pin}" if pin else repo)


def _in_folder(name: str, folder: Path, trusted: bool) -> Encoder:
    identity = folder_identity(folder, trusted)
    return Encoder(name=name, source=str(folder), identity=identity, config=read_config(folder))


def _on_hub(name: str, repo: str, pin: str | None, offline: bool, trusted: bool) -> Encoder:
    revision, config, problem = pin or "main", {}, None
    try:
        revision = hub.commit(repo, revision, "model", offline)
        folder = hub.snapshot(repo, revision, ("config.json",), "model", offline)
        if not (folder / "config.json").is_file():
            raise MissingError(f"{hub.named(repo, revision)} is not an encoder: it has no config.json")
        config = read_config(folder)
        if trusted:
            check_code(folder)
    except MissingError as error:
        problem = error.what
    identity = revision if is_commit(revision) else f"{repo}@{revision}"
    if trusted and "auto_map" in config:
        identity += " with its code"
    return Encoder(
        name=name, source=repo, identity=identity, revision=revision, pin=pin, config=config, problem=problem
    )


def missing(encoder: Encoder, locations: Locations, download: bool) -> list[str]:
    """Why the encoder can't be had. If it is not to be downloaded, that is only known where the Hub answers."""
    problem = encoder.problem
    if problem and not download and (locations.offline or hub.unreachable()):
        return []
    if download and not problem:
        try:
            local = Path(encoder.source).is_dir()
            folder = usable(Path(encoder.source) if local else fetch_encoder(encoder.place, locations))
            check_weights(folder, encoder.config)
            if locations.trust_remote_code:
                check_code(folder)
        except MissingError as error:
            problem = f"{error.what} {error.why}".strip()
    return [f"encoder {encoder.name}: {problem}"] if problem else []


def unasked(encoder: Encoder, locations: Locations) -> list[str]:
    """What the Hub could not be asked about the encoder."""
    text = f"encoder {encoder.name}: {encoder.problem}, so"
    if encoder.problem and not is_commit(encoder.revision or ""):
        return [f"{text} all stages count as new"]
    return [f"{text} xh could not check that it exists"] if encoder.problem and not locations.offline else []


def folder_identity(folder: Path, trusted: bool = False) -> str:
    """A hash of all that is read of an encoder's folder; raises :class:`MissingError` for what it lacks.

    Of one in an older form it is the hash of that, whatever was made of it.
    """
    config = read_config(folder)
    weights, tokenizer = matching(folder, "*.safetensors") or pickled(folder), matching(folder, "tokenizer.json")
    if not weights:
        todo = "Save it again with model.save_pretrained(folder)."
        raise MissingError(f"{folder} has no weights as safetensors, and no {PICKLED[0]}.", todo=todo)
    check_parts(weights)
    _check_contained(folder, weights)
    if not (tokenizer or slow(folder)):
        raise MissingError(
            f"{folder} has no tokenizer.json, and nothing that one can be made of.",
            why="xh needs a fast tokenizer, because answers are located by character offsets.",
            todo="Save it with AutoTokenizer.from_pretrained(…).save_pretrained(folder).",
        )
    if not pickled(folder):
        check_weights(folder, config)
    if trusted:
        check_code(folder)
    code = matching(folder, f"**/{CODE}") if trusted else []
    named = [path for name in READ for path in matching(folder, name)]
    return content_hash(named + weights + ([] if tokenizer else slow(folder)) + code)


def _check_contained(folder: Path, weights: list[Path]) -> None:
    """Raise :class:`MissingError` if a library that loads the folder would read weights that lie elsewhere."""
    if (folder / "adapter_config.json").exists():
        todo = "Merge it into its encoder (merge_and_unload) and save that."
        raise MissingError(f"{folder} is an adapter: the encoder's weights are elsewhere.", todo=todo)
    for index in matching(folder, "*.safetensors.index.json"):
        named = _document(index).get("weight_map")
        lacking = set(map(str, named.values() if isinstance(named, dict) else ())) - {path.name for path in weights}
        if lacking:
            raise MissingError(f"{index} names {min(lacking)!r}, which is not a file of weights beside it.")


def check_code(folder: Path) -> None:
    """Raise :class:`MissingError` if trusting an encoder would run code that doesn't lie beside it.

    Such code is of whatever commit the other repository is at; no fingerprint would hold it.
    """
    for path in (path for name in CONFIGS for path in matching(folder, name)):
        classes = json.dumps(_document(path).get("auto_map", {}))
        if found := ELSEWHERE.search(classes):
            raise MissingError(
                f"{path} needs code from another repository: {found[0]}.",
                why="Only code in an encoder's folder is part of its identity.",
                todo=f"Copy the *.py of {found[1]} into the encoder's folder; take {found[1]}-- out of its auto_map.",
            )


def read_config(folder: Path) -> dict[str, Any]:
    """An encoder folder's ``config.json``."""
    path = folder / "config.json"
    if not matching(folder, path.name):
        todo = "Give the folder that save_pretrained wrote."
        raise MissingError(f"{folder} is not an encoder: it has no config.json.", todo=todo)
    config = _document(path)
    if code := [str(value) for key, value in config.items() if "_implementation" in key and "/" in str(value)]:
        todo = "Remove that key from its config.json."
        raise MissingError(f"{folder} needs code from the Hub: {code[0]}.", todo=todo)
    return config


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("It is not a JSON object.")
        return document
    except (OSError, *UNPARSABLE) as error:
        raise MissingError(f"{path} can't be read.", why=str(error), todo="Save the encoder again.") from error


def _number(config: dict[str, Any], key: str) -> int | None:
    """A number of a config; None where it says none, or no number."""
    number = config.get(key)
    return number if isinstance(number, int) else None
