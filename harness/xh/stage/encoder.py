"""The encoder as it was published, wherever it lies on this machine."""

from pathlib import Path

from xh.data.converted import usable
from xh.data.encoder import folder_identity
from xh.data.fetch import cached_encoder
from xh.spec import Locations
from xh.stage.load import changed


def published_encoder(identity: str, locations: Locations) -> Path:
    """The folder of the encoder of this identity (``Inputs.encoder``), with weights that can be read.

    Raises :class:`MissingError` for one that has changed since the plan was made.
    """
    encoder = locations.encoders[identity]
    folder = cached_encoder(encoder, locations)
    if not encoder.revision and folder_identity(folder, locations.trust_remote_code) != identity:
        raise changed(f"The encoder in {folder}")
    return usable(folder)
