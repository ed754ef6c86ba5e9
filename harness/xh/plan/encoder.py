"""Which encoder a run starts from: found, checked, and named for fingerprints."""

import json
from pathlib import Path
from typing import Any

from msgspec import Struct

from xh.plan.data import check_parts, content_hash, is_folder
from xh.plan.weights import check as check_weights
from xh.plugins.registry import Registry
from xh.spec import MissingError

READ = ("config.json", "tokenizer.json", "tokenizer_config.json")


class Encoder(Struct, frozen=True):
    """An encoder: ``name`` as asked for, ``source`` its folder or Hub id, ``identity`` for fingerprints."""

    name: str
    source: str
    revision: str | None
    identity: str

    def config(self) -> dict[str, Any]:
        """The folder's ``config.json``; empty for an encoder on the Hub."""
        return read_config(Path(self.source)) if Path(self.source).is_dir() else {}


def find(name: str, registry: Registry, mirror: Path | None = None) -> Encoder:
    """A registered encoder, a folder, or a Hub id (``id@revision`` pins it), taken from the mirror if it has it."""
    source, revision = name, None
    if name in registry.encoders:
        spec = registry.encoders.get(name)
        source, revision = spec.source, spec.revision
    folder = Path(source).expanduser()
    if is_folder(source):
        return Encoder(name, str(folder.resolve()), None, folder_identity(folder.resolve()))
    if folder.is_absolute() or source.startswith((".", "~")) or source.count("/") > 1:
        raise MissingError(f"--model {name}: there is no such folder.", todo="Give a folder, a Hub id, or mini.")
    repo, _, pinned = source.partition("@")
    revision = pinned or revision
    if mirror and (folder := mirrored(mirror, repo, revision)).is_dir():
        return Encoder(name, str(folder), None, folder_identity(folder))
    return Encoder(name, repo, revision, f"{repo}@{revision or 'main'}")


def mirrored(mirror: Path, repo: str, revision: str | None) -> Path:
    """Where a mirror has an encoder: ``models/<id>``, or ``models/<id>@<revision>`` if it is pinned."""
    return mirror / "models" / (f"{repo}@{revision}" if revision else repo)


def folder_identity(folder: Path) -> str:
    """A hash of all that is read of an encoder's folder; raises :class:`MissingError` for what it lacks."""
    config = read_config(folder)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        why = "It has pickled weights, which are never loaded." if list(folder.glob("*.bin")) else ""
        todo = "Save it again with model.save_pretrained(folder)."
        raise MissingError(f"{folder} has no weights as safetensors.", why=why, todo=todo)
    check_parts(weights)
    if not (folder / "tokenizer.json").is_file():
        raise MissingError(
            f"{folder} has no tokenizer.json.",
            why="xh needs a fast tokenizer: answers are found again by character offsets.",
            todo="Save it with AutoTokenizer.from_pretrained(…).save_pretrained(folder).",
        )
    check_weights(folder, config)
    return content_hash([folder / name for name in READ if (folder / name).is_file()] + weights)


def read_config(folder: Path) -> dict[str, Any]:
    """An encoder folder's ``config.json``."""
    path = folder / "config.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("It holds no JSON object.")
        return found
    except FileNotFoundError:
        todo = "Give the folder that save_pretrained wrote."
        raise MissingError(f"{folder} is no encoder: it has no config.json.", todo=todo) from None
    except ValueError as error:
        raise MissingError(f"{path} can't be read.", why=str(error), todo="Save the encoder again.") from error
