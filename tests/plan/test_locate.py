"""Where rows are looked for, and what they are called in fingerprints."""

import pytest
from msgspec.structs import replace

from helpers import made_tasks
from xh.data.locate import identity, locate, located
from xh.data.places import Places, data_folder, places
from xh.spec import Files, Hub, Locations, MissingError, UsageError

HUB = Hub(
    "org/set",
    revision="a" * 40,
    config="set.{lang}",
    codes={"de": "deu"},
    splits={"train": "train", "test": "validation"},
)
CARD = """---
license: mit
configs:
- config_name: set.deu
  data_files:
  - split: validation
    path: german/part-*.parquet
- config_name: set.fr
  data_files:
  - split: validation
    path:
    - first.jsonl
    - second.jsonl
---
# A card with --- in it
"""


def write_file(folder, name, text="x"):
    """Write a file below the data folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def locations(tmp_path):
    return Locations(store="runs", data=str(tmp_path))


def make_hub_task(source=HUB):
    """A task with data laid out like the Hub's."""
    return made_tasks.pairs(data=source)


@pytest.mark.parametrize(
    "name",
    [
        "set.deu/validation-00000-of-00001.parquet",
        "set.deu/validation.parquet",
        "set.deu/validation.jsonl",
        "set.deu/validation.csv",
        "set.deu/validation.tsv",
        "data/set.deu/validation.parquet",
        "data/validation-00000-of-00001.parquet",
        "validation.jsonl",
        "set.deu/validation/0000.parquet",
    ],
)
def test_a_split_is_found_under_every_usual_name(tmp_path, locations, name):
    path = write_file(tmp_path, f"org/set/{name}")
    write_file(tmp_path, "org/set/set.fr/validation.jsonl")
    write_file(tmp_path, "org/set/set.deu/validation_matched-00000-of-00001.parquet")
    assert locate(make_hub_task(), "test", "de", locations) == [path]


def test_without_a_config_the_file_lies_at_the_top(tmp_path, locations):
    path = write_file(tmp_path, "org/flat/data/train.jsonl")
    assert locate(make_hub_task(Hub("org/flat", "main", {"test": "train"})), "test", "en", locations) == [path]


def test_shards_come_in_order(tmp_path, locations):
    paths = [write_file(tmp_path, f"org/set/set.deu/train-0000{number}-of-00003.parquet") for number in (2, 0, 1)]
    assert locate(make_hub_task(), "train", "de", locations) == sorted(paths)


def test_the_card_of_a_data_set_says_where_its_files_are(tmp_path, locations):
    write_file(tmp_path, "org/set/README.md", CARD)
    write_file(tmp_path, "org/set/set.deu/validation.jsonl")
    paths = [
        write_file(tmp_path, "org/set/german/part-0.parquet"),
        write_file(tmp_path, "org/set/german/part-1.parquet"),
    ]
    assert locate(make_hub_task(), "test", "de", locations) == paths


def test_a_card_may_name_files_one_by_one(tmp_path, locations):
    write_file(tmp_path, "org/set/README.md", CARD)
    path = write_file(tmp_path, "org/set/first.jsonl")
    assert locate(make_hub_task(), "test", "fr", locations) == [path]


@pytest.mark.parametrize(
    "card", ["no header", "---\nconfigs:\n---\n", "---\n- a\n- list\n---\n", "---\nconfigs: [\n---\n"]
)
def test_a_card_that_says_nothing_changes_nothing(tmp_path, locations, card):
    write_file(tmp_path, "org/set/README.md", card)
    path = write_file(tmp_path, "org/set/set.deu/validation.jsonl")
    assert locate(make_hub_task(), "test", "de", locations) == [path]


def test_what_is_missing_is_named_with_where_it_was_looked_for(locations, tmp_path):
    for expected in ("org/set", "org/set/set.deu/validation-*.parquet"):
        with pytest.raises(MissingError) as caught:
            locate(make_hub_task(), "test", "de", locations)
        assert caught.value.what == f"pairs test de: no {tmp_path}/{expected}"
        write_file(tmp_path, "org/set/README.md")


def test_a_loading_script_is_said_to_be_one(tmp_path, locations):
    write_file(tmp_path, "org/set/set.py")
    with pytest.raises(MissingError, match="org/set@aaaaaaaaaaaa is a loading script, which datasets no longer runs"):
        locate(make_hub_task(), "test", "de", locations)
    path = write_file(tmp_path, "org/set/set.deu/validation.parquet")
    assert locate(make_hub_task(), "test", "de", locations) == [path]


def test_some_parts_of_a_split_are_not_the_split(locations, tmp_path):
    write_file(tmp_path, "org/set/set.deu/validation-00000-of-00002.parquet")
    with pytest.raises(MissingError, match=r"pairs test de: not all 2 parts of .*/set\.deu/validation-\*\.parquet"):
        locate(make_hub_task(), "test", "de", locations)
    write_file(tmp_path, "org/set/set.deu/validation-00001-of-00002.parquet")
    assert len(locate(make_hub_task(), "test", "de", locations)) == 2


def test_plain_files_must_all_be_there(tmp_path, locations):
    source = Files(paths=("{lang}.{split}.text", "{lang}.{split}.gold"), splits={"test": "sample"})
    task = made_tasks.pairs(data=source)
    text = write_file(tmp_path, "de.sample.text")
    with pytest.raises(MissingError, match=r"pairs test de: no .*de\.sample\.gold$"):
        locate(task, "test", "de", locations)
    gold = write_file(tmp_path, "de.sample.gold")
    assert locate(task, "test", "de", locations) == [text, gold]


def test_files_in_a_package_need_no_data_folder():
    source = Files(paths=("{split}.py",), splits={"test": "locate"}, package="xh.data")
    task = made_tasks.pairs(data=source)
    locations = Locations(store="runs")
    (path,) = locate(task, "test", "de", locations)
    assert path.name == "locate.py"
    assert identity(task, "test", "de", locations).startswith("sha256:")
    with pytest.raises(MissingError, match=r"'nowhere\.data'|'nowhere'"):
        locate(
            made_tasks.pairs(data=Files(paths=("x",), splits={"test": "t"}, package="nowhere")), "test", "de", locations
        )


def test_on_the_hub_the_identity_is_the_commit():
    assert identity(make_hub_task(), "test", "de", Locations(store="runs")) == "a" * 40
    branch = make_hub_task(replace(HUB, revision="main"))
    assert identity(branch, "test", "de", Locations(store="runs")) == "org/set@main"


def test_the_identity_changes_with_the_content(tmp_path, locations):
    path = write_file(tmp_path, "org/set/set.deu/validation.jsonl", "one")
    before = identity(make_hub_task(), "test", "de", locations)
    path.write_text("two")
    assert identity(make_hub_task(), "test", "de", locations) != before
    path.write_text("one")
    assert identity(make_hub_task(), "test", "de", locations) == before


def test_the_identity_changes_with_nothing_else(locations, tmp_path):
    path = write_file(tmp_path, "org/set/set.deu/validation.jsonl")
    before = identity(make_hub_task(), "test", "de", locations)
    path.touch()
    assert identity(make_hub_task(), "test", "de", locations) == before
    (tmp_path / "org").rename(tmp_path / "moved")
    (tmp_path / "mirror").mkdir()
    (tmp_path / "moved").rename(tmp_path / "mirror" / "org")
    assert identity(make_hub_task(), "test", "de", Locations(store="r", data=str(tmp_path / "mirror"))) == before
    (tmp_path / "mirror/org/set/set.deu/validation.jsonl").rename(tmp_path / "mirror/org/set/validation.jsonl")
    assert identity(make_hub_task(), "test", "de", Locations(store="r", data=str(tmp_path / "mirror"))) == before


def test_the_identity_tells_where_one_file_ends(tmp_path, locations):
    task = made_tasks.pairs(data=Files(paths=("a", "b"), splits={"test": "t"}))
    write_file(tmp_path, "a", "xy"), write_file(tmp_path, "b", "")
    before = identity(task, "test", "de", locations)
    write_file(tmp_path, "a", "x"), write_file(tmp_path, "b", "y")
    assert identity(task, "test", "de", locations) != before


def test_what_data_may_be_called(tmp_path):
    assert data_folder("hub") is None
    assert (data_folder("sample") / "google").is_dir()
    assert data_folder(str(tmp_path)) == tmp_path.resolve()
    with pytest.raises(MissingError, match="there is no such folder") as caught:
        data_folder("nowhere")
    assert caught.value.exit_code == 6


def test_several_sources_are_read_one_after_the_other(locations, tmp_path):
    task = make_hub_task((HUB, Hub("org/more", "b" * 40, {"train": "train", "test": "held"})))
    more, first = write_file(tmp_path, "org/more/held.jsonl"), write_file(tmp_path, "org/set/set.deu/validation.jsonl")
    assert locate(task, "test", "de", locations) == [first, more]
    before = identity(task, "test", "de", locations)
    more.write_text("other")
    assert identity(task, "test", "de", locations) != before
    assert identity(task, "test", "de", Locations(store="r")) == f"{'a' * 40} + {'b' * 40}"


def test_all_sources_that_are_missing_are_named(locations):
    task = make_hub_task((HUB, Hub("org/more", "b" * 40, {"train": "train", "test": "held"})))
    with pytest.raises(MissingError) as caught:
        locate(task, "test", "de", locations)
    assert "/org/set" in caught.value.what and "/org/more" in caught.value.what


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hub", ("hub", {})),
        ("", (None, {})),
        ("mlm=/text", (None, {"mlm": "/text"})),
        ("/data,mlm=/a,b,xh-a:c=/d", ("/data", {"mlm": "/a,b", "xh-a:c": "/d"})),
        ("/runs=1/data", ("/runs=1/data", {})),
    ],
)
def test_tasks_may_have_folders_of_their_own(text, found):
    assert places(text) == Places(*found)


@pytest.mark.parametrize("name", ["a,b", "mlm=text", "a,mlm=b", "tab\there", "hub,mlm=text"])
def test_a_folder_that_exists_is_taken_by_its_whole_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    assert places(name) == Places(name)
    assert places(f"qa={name}") == Places(None, {"qa": name})
    assert places(f"sample,qa={name}") == places("sample", f"qa={name}") == Places("sample", {"qa": name})
    assert places(f"{name},qa={name},b=c") == Places(name, {"qa": name, "b": "c"})


def test_beside_the_hub_there_are_no_other_places(tmp_path):
    with pytest.raises(UsageError, match="hub and more: hub, elsewhere") as caught:
        places("hub", "mlm=text", "elsewhere")
    assert "mlm=elsewhere" in caught.value.todo


def test_places_are_named_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two", "one,two=3"):
        (tmp_path / name).mkdir()
    assert places("sample,one") == Places("sample", {}, ("one",))
    assert places("one,two,mlm=one") == places("one", "two", "mlm=one") == Places("one", {"mlm": "one"}, ("two",))
    assert places("one,two=3") == Places("one,two=3")
    assert str(places("sample,one,mlm=two")) == "sample,one,mlm=two"


def test_each_split_is_read_in_the_first_place_that_has_it(locations, tmp_path):
    first, second = (
        write_file(tmp_path, "org/set/set.deu/validation.jsonl"),
        write_file(tmp_path, "more/org/set/set.fr/validation.jsonl", "other"),
    )
    write_file(tmp_path, "more/org/set/set.deu/validation.jsonl", "second")
    both = replace(locations, others=(str(tmp_path / "more"),))
    assert [locate(make_hub_task(), "test", lang, both) for lang in ("de", "fr")] == [[first], [second]]
    assert identity(make_hub_task(), "test", "de", both) == identity(make_hub_task(), "test", "de", locations)
    with pytest.raises(MissingError, match=r"no .*org/set/set.fr/train-\*.parquet and no .*more/org/set/set.fr/train-"):
        locate(make_hub_task(), "train", "fr", both)


@pytest.mark.parametrize("name", ["", "x" * 300])
def test_a_folder_that_can_not_be_is_missing(name):
    with pytest.raises(MissingError, match="there is no such folder"):
        data_folder(name)


def test_ones_own_folder_comes_first_and_what_it_lacks_from_elsewhere(locations, tmp_path):
    other = write_file(tmp_path, "org/set/set.deu/validation.jsonl")
    locations = replace(locations, own={"pairs": str(tmp_path / "own")})
    assert locate(make_hub_task(), "test", "de", locations) == [other]
    mine = write_file(tmp_path, "own/de/test.jsonl", "mine")
    assert locate(make_hub_task(), "test", "de", locations) == [mine]
    hub = replace(locations, data=None)
    assert identity(make_hub_task(), "test", "de", hub).startswith("sha256:")
    assert identity(make_hub_task(), "test", "fr", hub) == "a" * 40


@pytest.mark.parametrize("name", ["train.auto", "deep/train.02.auto", "local/pairs/train.auto"])
def test_ones_own_folder_may_be_laid_out_as_the_record_has_it_and_is_read_as_it_says(tmp_path, name):
    source = Files(
        paths=("local/pairs/**/{split}[.-]*",), splits={"train": "train", "test": "test"}, reader="made:read"
    )
    mine = write_file(tmp_path, f"own/{name}")
    locations = Locations(store="r", own={"pairs": str(tmp_path / "own")})
    assert located(make_hub_task(source), "train", "de", locations) == [(source, [mine])]


@pytest.mark.parametrize(
    "name",
    [
        "own/org/set/set.deu/validation-00000-of-00001.parquet",
        "own/set.deu/validation.parquet",
        "own/german/part-1.parquet",
    ],
)
def test_ones_own_folder_may_be_laid_out_as_on_the_hub(tmp_path, name):
    if "german" in name:
        write_file(tmp_path, "own/README.md", CARD)
    mine, source = write_file(tmp_path, name), replace(HUB, row="made:row")
    locations = Locations(store="r", own={"pairs": str(tmp_path / "own")})
    assert located(make_hub_task(source), "test", "de", locations) == [(source, [mine])]


def test_a_file_for_no_language_in_a_folder_that_is_no_copy_of_the_data_set_is_not_taken(tmp_path):
    write_file(tmp_path, "own/validation.jsonl")
    locations = Locations(store="r", own={"pairs": str(tmp_path / "own")}, data=str(tmp_path))
    with pytest.raises(MissingError):
        locate(make_hub_task(), "test", "de", locations)


def test_ones_own_rows_are_made_over_as_those_of_the_task_are(tmp_path):
    mine, source = write_file(tmp_path, "own/de/test.jsonl"), replace(HUB, row="made:row")
    locations = Locations(store="r", own={"pairs": str(tmp_path / "own")})
    assert located(make_hub_task(source), "test", "de", locations) == [(source, [mine])]


def test_several_data_sets_of_a_task_are_there_together_or_not_at_all(tmp_path):
    sources = (HUB, replace(HUB, id="org/other"))
    locations = Locations(store="r", own={"pairs": str(tmp_path / "own")}, data=str(tmp_path))
    first = write_file(tmp_path, "own/org/set/set.deu/validation.jsonl")
    with pytest.raises(MissingError):
        locate(make_hub_task(sources), "test", "de", locations)
    second = write_file(tmp_path, "own/org/other/set.deu/validation.jsonl")
    assert locate(make_hub_task(sources), "test", "de", locations) == [first, second]
