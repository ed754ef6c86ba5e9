"""Retrieval: aligned pairs by nearest neighbour, tables of sentences by mining."""

from random import Random
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import pytest
from msgspec.structs import replace
from transformers import DistilBertConfig

from xh.kinds import bitext
from xh.kinds.bitext import Bitext, english_order, gold_rows, official_layer
from xh.kinds.vectors import progress
from xh.metrics.accuracy import accuracy
from xh.metrics.bucc import bucc_f1, read_pairs
from xh.mini import ENCODER
from xh.spec import Locations, MissingError, Retrieval, UsageError
from xh.spec.examples import Examples

KIND = Bitext()
TASK = SimpleNamespace(name="pairs")
WORDS = ["zebra", "apple", "Mango", "über", "fig", "éclair", "date", "a pear"]


def aligned(source=tuple(WORDS), target=tuple(WORDS)):
    return Examples({"source": list(source), "target": list(target)}, "pairs test de")


def table(sources, targets, gold):
    """Sentences by id, and gold pairs."""
    match = {left: [pair[1] for pair in gold if pair[0] == left] for left in sources}
    rows = [("source", key, text, match[key]) for key, text in sources.items()]
    rows += [("target", key, text, []) for key, text in targets.items()]
    return Examples({n: list(c) for n, c in zip(("side", "id", "sentence", "match"), zip(*rows, strict=True),
                                                strict=True)}, "pairs test de")  # fmt: skip


def predicted(examples, recipe, dev=None, folder=None):
    """The predictions in one language with the embedded encoder."""
    with TemporaryDirectory(dir=folder) as work:
        job = SimpleNamespace(
            task=TASK, recipe=recipe, start=ENCODER, locations=Locations(store=""), folder=work,
            load=lambda task, split, lang: dev, log=lambda entry: None,
        )  # fmt: skip
        return dict(KIND.predict(job, {"de": examples}))["de"]


def test_a_share_of_a_table_is_one_of_each_side():
    bucc = table({f"de-{n}": f"Satz {n}" for n in range(10)}, {f"en-{n}": f"text {n}" for n in range(40)}, [])
    assert (KIND.size(bucc), KIND.size(aligned())) == (10, len(WORDS))


def test_encoding_says_how_far_it_is_once_a_second(monkeypatch):
    said, now = [], [0.0]
    monkeypatch.setattr("xh.kinds.vectors.time.monotonic", lambda: now[0])
    tell = progress(said.append)
    for second, done in ((0.5, 10), (1.5, 20), (1.9, 90), (3.0, 91), (4.5, 91)):
        now[0] = second
        tell(done, 200)
    assert said == [{"encoded": 20, "sentences": 200}, {"encoded": 91, "sentences": 200}]


def test_the_english_side_is_sorted_as_xtremes_preprocessing_sorts_it():
    order = english_order(aligned())
    assert [WORDS[row] for row in order] == sorted(WORDS)
    assert gold_rows(aligned()) == order


def test_a_prediction_is_the_row_of_the_source_sentence():
    source = [f"source of {word}" for word in WORDS]
    mixed = Random(1).sample(range(len(WORDS)), len(WORDS))
    identical = aligned([WORDS[i] for i in mixed], WORDS)
    assert predicted(identical, Retrieval()) == [mixed.index(WORDS.index(word)) for word in sorted(WORDS)]
    perfect = gold_rows(aligned(source))
    assert KIND.score(perfect, aligned(source), TASK) == {"accuracy": 100}


def test_centred_vectors_have_lost_what_a_language_has_in_common(monkeypatch, tmp_path):
    """Both sides are the same four points, one of them far off: only there another one is nearer than the own."""
    points = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], dtype=np.float32)
    places = {f"s{i}": points[i] + (3, 3) for i in range(4)} | {f"t{i}": points[i] for i in range(4)}

    def encode(body, texts, out, **_):
        out[:, :2], out[:, 2:] = [places[text] for text in texts], 0

    monkeypatch.setattr(bitext, "encode", encode)
    examples = aligned([f"s{i}" for i in range(4)], [f"t{i}" for i in range(4)])
    assert predicted(examples, Retrieval(centred=True), folder=tmp_path) == [0, 1, 2, 3]
    assert predicted(examples, Retrieval(), folder=tmp_path) != [0, 1, 2, 3]


def test_languages_share_the_vectors_of_their_english_sentences(monkeypatch, tmp_path):
    encoded, plain = [], bitext.encode
    monkeypatch.setattr(
        bitext, "encode", lambda body, texts, **other: encoded.append(texts) or plain(body, texts, **other)
    )
    locations = Locations(store="")
    job = SimpleNamespace(
        task=TASK,
        recipe=Retrieval(layer=3),
        start=ENCODER,
        locations=locations,
        folder=tmp_path,
        log=lambda entry: None,
    )
    languages = {"de": aligned(), "fr": aligned(source=[f"le {word}" for word in WORDS])}
    found = dict(KIND.predict(job, languages))
    assert [sorted(texts) for texts in encoded] == [sorted({*WORDS, *languages["fr"]["source"]})]
    assert found == {lang: predicted(examples, Retrieval(layer=3)) for lang, examples in languages.items()}


@pytest.mark.parametrize("index", ["ivf", "hnsw"])
def test_an_approximate_index_finds_the_same_here(index):
    recipe = Retrieval(layer=3)
    assert predicted(aligned(), replace(recipe, index=index)) == predicted(aligned(), recipe)


def test_a_disk_without_room_for_the_vectors_is_noticed_at_once(tmpfs):
    with pytest.raises(OSError, match="No space left on device"):
        predicted(aligned(), Retrieval(), folder=tmpfs.mount("4k"))


def test_accuracy_counts_rows(tmp_path):
    gold = gold_rows(aligned())
    majority_baseline = [gold[1], gold[0], *gold[2:]]
    assert KIND.score(majority_baseline, aligned(), TASK)["accuracy"] == 75
    KIND.write(majority_baseline, tmp_path / "test-de.tsv")
    lines = (tmp_path / "test-de.tsv").read_text(encoding="utf-8").splitlines()
    assert accuracy(lines, [str(row) for row in gold]) == 75


def test_equal_english_sentences_keep_the_order_of_their_rows():
    assert gold_rows(aligned(["x", "y", "z"], ["b", "a", "a"])) == [1, 2, 0]


def test_white_space_around_sentences_goes():
    columns = KIND.check({"source": [" eins\n"], "target": ["one\n"]}, TASK, "pairs test de")
    assert columns == {"source": ["eins"], "target": ["one"]}


def vector(number, cosine):
    """A unit vector in a plane of its own, at this cosine to the plane's first axis."""
    row = np.zeros(64, np.float32)
    row[2 * number : 2 * number + 2] = cosine, (1 - cosine**2) ** 0.5
    return row


@pytest.fixture
def similar(monkeypatch):
    """Make sentences `s3` and `t3 0.8` similar with cosine 0.8, all others not at all."""

    def encode(body, texts, out, **_):
        out[:, :64] = [vector(int(text[1:].split()[0]), float([*text.split(), "1"][1])) for text in texts]

    monkeypatch.setattr("xh.kinds.bitext.encode", encode)


def mined_table(cosines, gold):
    """Source `s<i>` and target `t<i>` with these cosines; ``gold``: those that are pairs."""
    sources = {f"s{i}": f"s{i}" for i in cosines}
    targets = {f"t{i}": f"t{i} {cosine}" for i, cosine in cosines.items()}
    return table(sources, targets, [(f"s{i}", f"t{i}") for i in gold])


MINE = Retrieval(search="mine", margin="absolute")


def test_the_threshold_of_the_dev_part_is_applied_to_the_test_part(similar):
    dev = mined_table({0: 0.9, 1: 0.8, 2: 0.6, 3: 0.5}, gold=[0, 1])  # best cut: 0.7
    test = mined_table({0: 0.95, 1: 0.65, 2: 0.75, 3: 0.69}, gold=[0, 1, 2, 3])
    assert set(predicted(test, MINE, dev)) == {("s0", "t0"), ("s2", "t2")}
    stricter = mined_table({0: 0.9, 1: 0.8, 2: 0.6, 3: 0.5}, gold=[0])  # best cut: 0.85
    assert set(predicted(test, MINE, stricter)) == {("s0", "t0")}


@pytest.mark.parametrize(("threshold", "kept"), [(0.99, 0), (0.7, 2), (0.1, 4)])
def test_a_threshold_that_is_a_number_is_taken_as_it_is(similar, threshold, kept):
    test = mined_table({0: 0.95, 1: 0.65, 2: 0.75, 3: 0.69}, gold=[])
    recipe = Retrieval(search="mine", margin="absolute", threshold=threshold)
    assert len(predicted(test, recipe)) == kept


def test_sentences_that_occur_twice_are_never_paired(similar):
    dev = mined_table({0: 0.9, 1: 0.5}, gold=[0, 1])
    sources = {"s0": "s0", "s1": "s1", "s9": "s1"}
    targets = {"t0": "t0 0.9", "t1": "t1 0.9"}
    assert predicted(table(sources, targets, []), MINE, dev) == [("s0", "t0")]


def test_pairs_score_and_are_written_as_ids(tmp_path):
    examples = mined_table({0: 1, 1: 1, 2: 1}, gold=[0, 1, 2])
    pairs = [("s0", "t0"), ("s1", "t2")]
    scores = KIND.score(pairs, examples, TASK)
    assert (scores["f1"], scores["precision"], scores["recall"]) == pytest.approx((40, 50, 100 / 3))
    assert next(iter(scores)) == "f1"
    assert KIND.count(examples) == 3
    KIND.write(pairs, tmp_path / "test-de.tsv")
    text = (tmp_path / "test-de.tsv").read_text(encoding="utf-8")
    assert text == "s0\tt0\ns1\tt2\n"
    assert bucc_f1(read_pairs(text), {("s0", "t0"), ("s1", "t1"), ("s2", "t2")}).f1 == scores["f1"]


def test_the_search_has_to_fit_the_shape_of_the_data():
    with pytest.raises(UsageError, match="search = 'mine' does not fit the data, which are aligned pairs"):
        predicted(aligned(), Retrieval(search="mine"))
    with pytest.raises(UsageError, match="search = 'nearest' does not fit the data, which are a table of sentences"):
        predicted(mined_table({0: 1}, gold=[0]), Retrieval())


def test_fewer_rows_of_a_table_are_among_more_and_keep_their_matches():
    gold = [(f"s{i}", f"t{199 - i}") for i in range(60)]
    whole = table({f"s{i}": f"s {i}" for i in range(200)}, {f"t{i}": f"t {i}" for i in range(200)}, gold)
    drawn = {rows: KIND.limit(whole, rows) for rows in (10, 20, 150)}
    for rows, examples in drawn.items():
        assert [examples["side"].count(side) for side in ("source", "target")] == [rows, rows]
        pairs = {pair for pair in gold if pair[0] in examples["id"]}
        assert set(KIND.pairs([], examples, TASK)[1]) == pairs
        assert {key for pair in pairs for key in pair} <= set(examples["id"])
    ids = [set(examples["id"]) for examples in drawn.values()]
    assert ids[0] < ids[1] < ids[2] < set(whole["id"])


def test_a_limit_above_all_keeps_all():
    whole = mined_table(dict.fromkeys(range(5), 1), gold=[0, 3])
    assert KIND.limit(whole, 100) == whole
    assert KIND.limit(aligned(), 100) == aligned()


@pytest.mark.parametrize(("columns", "said"), [
    ({"side": ["source", "left"]}, "row 1: side 'left' is neither source nor target"),
    ({"id": ["a", "a"], "side": ["source", "source"]}, "row 1: the id 'a' occurs twice"),
    ({"match": [["c"], []]}, "row 0: its match 'c' is not an id of the other side"),
    ({"sentence": ["eins", " "]}, "row 1: the sentence is empty"),
])  # fmt: skip
def test_a_row_that_does_not_fit_is_named(columns, said):
    good = {"side": ["source", "target"], "id": ["a", "b"], "sentence": ["eins", "one"], "match": [["b"], []]}
    assert KIND.check(good, TASK, "pairs test de")
    with pytest.raises(MissingError, match=f"pairs test de, {said}"):
        KIND.check(good | columns, TASK, "pairs test de")


def test_other_columns_are_refused():
    with pytest.raises(MissingError, match="neither the columns source, target nor side, id, sentence, match"):
        KIND.check({"source": ["a"]}, TASK, "pairs test de")


def test_the_protocol_says_the_layer_also_where_the_config_names_layers_otherwise(tmp_path):
    DistilBertConfig(n_layers=12).save_pretrained(tmp_path)
    job = SimpleNamespace(recipe=Retrieval(), start=tmp_path, locations=Locations(store=""))
    protocol = KIND.protocol(job)
    assert protocol == {
        "layer": 8, "official_layer": 8, "pooling": "mean", "max_length": 512, "index": "exact"
    }  # fmt: skip
    job.recipe = Retrieval(layer=5, search="mine", k=3)
    assert KIND.protocol(job) | {"layer": 5, "official_layer": 8, "k": 3, "threshold": "dev"} == KIND.protocol(job)


@pytest.mark.parametrize(("layers", "layer"), [(12, 8), (24, 14), (6, 4), (3, 2)])
def test_the_layer_that_is_read(layers, layer):
    assert official_layer(layers) == layer
