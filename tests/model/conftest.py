"""One folder for each architecture."""

from functools import cache

import pytest

from helpers.backbones import write


@pytest.fixture(scope="session")
def backbone(tmp_path_factory):
    """A function from the name of an architecture to the folder of a tiny model."""
    return cache(lambda name: write(name, tmp_path_factory.mktemp(name)))
