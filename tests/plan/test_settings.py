"""Profiles from ``tasks.toml``."""

import pytest

from xh.plan.settings import packaged, profile, profiles, read
from xh.spec import UsageError
from xh.spec.kinds import BUILT_IN


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, which has nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_settings(folder, text):
    path = folder / "tasks.toml"
    path.write_text(text)
    return path


def test_the_packaged_profiles_are_always_there(here):
    assert profiles() == read(packaged())
    assert (profile("mini").encoder, profile("mini").data) == ("mini", "sample")


def test_no_profile_is_the_hub_with_default_recipes(here):
    assert (profile(None).data, profile(None).recipes, profile(None).encoder) == ("hub", {}, None)


def test_the_current_folder_adds_and_replaces(here):
    write_settings(here, '[profiles.mini]\nencoder = "elsewhere"\n[profiles.mine.recipes.span]\nepochs = 1\n')
    assert (profile("mini").encoder, profile("mini").data, profile("mini").recipes) == ("elsewhere", "hub", {})
    assert profile("mine").recipes == {"span": {"epochs": 1}}
    assert profile("mine").origin == "tasks.toml [profiles.mine"


def test_an_unknown_profile_gets_the_nearest(here):
    with pytest.raises(UsageError, match="There is no profile 'mimi'") as caught:
        profile("mimi")
    assert "Did you mean 'mini'?" in caught.value.why


@pytest.mark.parametrize("text", ["[profiles.mini]\n\nencoder = mini", "[profiles.mini]\n\n= 1"])
def test_broken_toml_names_the_file_and_the_line(here, text):
    path = write_settings(here, text)
    with pytest.raises(UsageError, match="is not valid TOML") as caught:
        profile("mini")
    assert str(path) in caught.value.what
    assert "line 3" in caught.value.why


def test_a_file_that_is_no_text_is_refused(here, tmp_path):
    (tmp_path / "tasks.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not valid TOML"):
        profiles()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[profiles.mini]\nencodr = "mini"', "unknown field `encodr` - at `$.profiles[...]`"),
        ("[profile.mini]", "unknown field `profile`"),
        ("[profiles.mini]\nencoder = 3", "Expected `str | null`, got `int` - at `$.profiles[...].encoder`"),
        ("[profiles.mini]\nrecipes = 3", "at `$.profiles[...].recipes`"),
    ],
)
def test_an_unknown_key_names_the_file_and_the_key(here, text, why):
    path = write_settings(here, text)
    with pytest.raises(UsageError, match="is invalid") as caught:
        profile("mini")
    assert str(path) in caught.value.what
    assert why in caught.value.why


@pytest.mark.parametrize("kind", [spec.name for spec in BUILT_IN])
def test_the_small_profile_computes_alike_everywhere(kind):
    assert profile("mini").recipes[kind]["precision"] == "fp32"
