"""Ranking: what a query is compared with, the loss, and the search among the candidates of all languages."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import transformers

from helpers.golden import read_golden
from xh.kinds import rank
from xh.kinds.rank import Rank, comparable
from xh.mini import ENCODER
from xh.model.biencoder import BiEncoder
from xh.model.tokenizer import load_tokenizer
from xh.model.weights import load_finetuned, load_for_training
from xh.spec import Locations, MissingError, StageError
from xh.spec.examples import Examples
from xh.spec.recipe import RankTraining
from xh.stage.cache import StageCache
from xh.stage.job import EvaluateJob

KIND = Rank()
TASK = SimpleNamespace(name="answers")
PAIRS = Examples({"query": ["a b", "c", "d"], "candidate": ["a b c d e", "c f", "c f"]}, "answers train en", "en")
POOL = {
    "en": Examples({"id": ["e1", "e2"], "candidate": ["a cat", "the sea"], "match": [["1"], ["2"]]}, "c en", "en"),
    "de": Examples({"id": ["d1", "d2"], "candidate": ["ein Tier", "das Meer"], "match": [["1"], []]}, "c de", "de"),
}
QUERIES = {"de": Examples({"id": ["1", "2"], "query": ["Tier", "Meer"], "match": [["1"], ["2"]]}, "q de", "de")}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a very small bi-encoder with the embedded encoder's tokenizer."""
    body, folder = tmp_path_factory.mktemp("body"), tmp_path_factory.mktemp("trained")
    tokenizer = load_tokenizer(ENCODER)
    config = transformers.XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        initializer_range=0.5,  # so that the first token's state differs from text to text
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.AutoModel.from_config(config).save_pretrained(body)
    tokenizer.save_pretrained(body)
    model, _ = load_for_training(body, BiEncoder)
    torch.nn.init.constant_(model.scale, 7.0)
    for part in (model, tokenizer):
        part.save_pretrained(folder)
    return folder


def job(start, folder, cache=None, **settings):
    """An evaluation in which the pool's languages are those of :data:`POOL`."""
    inputs = SimpleNamespace(languages_of=lambda task, split: ("de", "en"), tasks={"test": TASK}, parent="trained")
    folder.mkdir(exist_ok=True)
    return EvaluateJob(
        stage=SimpleNamespace(inputs=inputs), locations=Locations(store=""), kind=KIND, start=start, folder=folder,
        recipe=RankTraining(precision="fp32", **settings), load=lambda task, split, lang: POOL[lang],
        log=lambda entry: None, cache=cache or StageCache(),
    )  # fmt: skip


def batch(tokenizer, **settings):
    recipe = RankTraining(**settings)
    features = KIND.features(PAIRS, tokenizer, recipe, train=True)
    return KIND.collator(tokenizer, recipe, seed=0)([features[row] for row in range(len(features))])


def vectors(folder, texts, pooling):
    """What transformers' own model gives, pooled here."""
    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    found = []
    for text in texts:
        with torch.no_grad():
            output = model(**tokenizer(text, return_tensors="pt"))
        states = output.last_hidden_state[0]
        pooled = {"mean": states.mean(0), "cls": states[0], "last": states[-1], "pooler": output.pooler_output[0]}
        found.append(torch.nn.functional.normalize(pooled[pooling], dim=0).numpy())
    return np.stack(found)


def test_a_query_is_compared_with_its_group():
    assert comparable([[0], [1], [2]], 0, False).all()
    assert comparable([[0], [1], [2], [3], [4]], 2, False).sum(dim=1).tolist() == [2, 2, 2, 2, 1]


def test_an_equal_candidate_is_no_wrong_answer_where_it_is_masked():
    assert comparable([[0], [1], [1]], 0, True).tolist() == [[1, 1, 1], [1, 1, 0], [1, 0, 1]]
    assert comparable([[0], [1], [1]], 0, False).all()


def test_hard_negatives_are_wrong_answers_to_all_queries_of_their_group():
    assert comparable([[0, 5], [1], [2, 6, 1]], 0, False).shape == (3, 6)
    grouped = comparable([[0, 5], [1], [2, 6], [3]], 2, False)
    assert grouped[:, 4:].tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]
    assert comparable([[0, 1], [1]], 0, True)[:, 2].tolist() == [1, 0]


def test_queries_and_candidates_have_their_own_lengths(mini):
    inputs = batch(mini, max_query=8, max_length=8)
    assert inputs["query_input_ids"].shape[1] < inputs["candidate_input_ids"].shape[1] <= 8
    assert inputs["candidate_chosen"].equal(inputs["candidate_attention_mask"])
    assert batch(mini, mask_equal=True)["comparable"].sum() == 7


def test_hard_negatives_are_read_as_candidates(trained, mini):
    with_negatives = replace(PAIRS, columns=PAIRS.columns | {"negatives": [["x", "y"], [], ["z"]]})
    examples = KIND.features(with_negatives, mini, RankTraining(), train=True)
    rows = [examples[row] for row in range(3)]
    assert [len(row["input_ids"]) for row in rows] == [3, 2, 3]
    inputs = KIND.collator(mini, RankTraining(), seed=0)(rows)
    expected = mini([*PAIRS["candidate"], "x", "z"], padding=True, return_tensors="pt")["input_ids"]
    assert inputs["candidate_input_ids"].equal(expected) and inputs["comparable"].shape == (3, 5)
    model, _ = load_finetuned(trained, "", BiEncoder)
    queries = vectors(trained, PAIRS["query"], "mean").astype(float)
    logits = 7.0 * queries @ vectors(trained, [*PAIRS["candidate"], "x", "z"], "mean").T.astype(float)
    wanted = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits.diagonal())
    assert model.eval()(**inputs).loss.item() == pytest.approx(wanted, abs=1e-5)
    without = KIND.features(with_negatives, mini, RankTraining(hard_negatives=0), train=True)
    assert without.columns == KIND.features(PAIRS, mini, RankTraining(), train=True).columns


def test_in_pieces_the_loss_and_its_gradients_are_those_of_the_whole_batch(trained, mini):
    found = []
    for pieces in (1, 2, 3):
        model, _ = load_finetuned(trained, "", BiEncoder)
        loss = model.eval()(**batch(mini), pieces=pieces).loss
        loss.backward()
        found.append([loss.item(), *(weight.grad for weight in model.parameters() if weight.grad is not None)])
    for others in found[1:]:
        assert len(others) == len(found[0]) > 10
        assert all(np.allclose(one, other, atol=1e-6) for one, other in zip(found[0], others, strict=True))


def test_in_pieces_the_body_reads_a_part_at_a_time(trained, mini):
    model, _ = load_finetuned(trained, "", BiEncoder)
    read = []
    model.body.register_forward_pre_hook(lambda *_, **inputs: read.append(1), with_kwargs=False)
    model(**batch(mini), pieces=3).loss.backward()
    assert len(read) == 2 * 2 * 3  # both sides, and each part again for the gradients


@pytest.mark.parametrize(("settings", "scale"), [({}, 7.0), ({"temperature": 0.05}, 20.0)])
@pytest.mark.parametrize("pooling", ["mean", "cls", "last", "pooler"])
def test_the_loss_is_the_cross_entropy_of_scaled_cosines(trained, mini, pooling, settings, scale):
    model, _ = load_finetuned(trained, "", BiEncoder)
    found = model.eval()(**batch(mini, pooling=pooling, **settings)).loss.item()
    queries, candidates = (vectors(trained, PAIRS[side], pooling) for side in ("query", "candidate"))
    logits = scale * queries.astype(float) @ candidates.T.astype(float)
    expected = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits.diagonal())
    assert found == pytest.approx(expected, abs=1e-5)


def test_the_number_that_multiplies_cosines_is_trained_and_kept(trained, mini):
    model, _ = load_finetuned(trained, "", BiEncoder)
    assert model.scale.item() == 7.0
    model(**batch(mini, pooling="mean")).loss.backward()
    assert model.scale.grad is not None


def test_an_encoder_without_a_pooler_is_told_what_to_do(trained, mini):
    model, _ = load_finetuned(trained, "", BiEncoder)
    model.body.pooler = None
    with pytest.raises(StageError, match="pooling=cls"):
        model(**batch(mini, pooling="pooler"))


def test_in_a_dev_set_queries_rank_the_different_candidates_of_all_pairs():
    outputs = [(np.eye(3)[i], np.eye(3)[min(i, 1)]) for i in range(3)]
    found = KIND.decode(outputs, None, PAIRS, None, TASK)
    assert found[0][0] == "a b c d e" and found[1][0] == "c f" and all(len(row) == 2 for row in found)
    assert KIND.score([["x", "c f"]] * 3, PAIRS, TASK) == {"map@20": pytest.approx(100 / 3)}


def test_answers_are_those_of_all_languages(tmp_path):
    found = KIND.gather(job(None, tmp_path), QUERIES)["de"]
    assert found["match"] == [["d1", "e1"], ["e2"]]
    nothing = {"de": Examples({"id": ["3"], "query": ["?"], "match": [["3"]]}, "q de", "de")}
    with pytest.raises(MissingError, match="q de, row 0: none of the candidates answers it"):
        KIND.gather(job(None, tmp_path), nothing)


@pytest.mark.parametrize("pooling", ["mean", "last", "pooler"])
def test_the_candidates_of_all_languages_are_ranked(trained, tmp_path, pooling):
    ((lang, found),) = KIND.predict(job(trained, tmp_path, pooling=pooling), QUERIES)
    names = [*POOL["de"]["id"], *POOL["en"]["id"]]
    candidates = vectors(trained, [*POOL["de"]["candidate"], *POOL["en"]["candidate"]], pooling)
    cosines = vectors(trained, QUERIES["de"]["query"], pooling) @ candidates.T
    assert lang == "de" and found == [[names[i] for i in np.argsort(-row)] for row in cosines]
    first = (tmp_path / "runs" / trained.name / "test-de.trec").read_text().splitlines()[0].split()
    assert first[:4] == ["1", "Q0", found[0][0], "1"] and float(first[4]) == pytest.approx(cosines[0].max(), abs=1e-5)


@pytest.fixture
def encoded(monkeypatch):
    """The texts that were encoded, call by call."""
    found, plain = [], rank.encode
    monkeypatch.setattr(rank, "encode", lambda body, texts, **given: found.append(texts) or plain(body, texts, **given))
    return found


def test_stages_of_a_run_encode_the_same_candidates_once(trained, tmp_path, encoded):
    cache, candidates = StageCache(), [*POOL["de"]["candidate"], *POOL["en"]["candidate"]]
    first, again = (
        dict(KIND.predict(job(trained, tmp_path / name, cache, index=name), QUERIES)) for name in ("exact", "hnsw")
    )
    assert first == again and encoded.count(candidates) == 1
    dict(KIND.predict(job(trained, tmp_path / "cls", cache, pooling="cls"), QUERIES))
    other = shutil.copytree(trained, tmp_path / "other")
    (other / "config.json").write_text((other / "config.json").read_text() + " ")
    dict(KIND.predict(job(other, tmp_path / "c", cache), QUERIES))
    assert encoded.count(candidates) == 3


def test_the_recall_of_an_index_is_in_the_protocol(trained, tmp_path):
    with_index, exact = (job(trained, tmp_path / name, index=name) for name in ("ivf", "exact"))
    for each in (with_index, exact):
        dict(KIND.predict(each, QUERIES))
    assert KIND.protocol(with_index)["recall"] == 1.0 and "recall" not in KIND.protocol(exact)


def test_the_score_is_over_all_answers():
    queries = Examples({"id": ["1"], "query": ["?"], "match": [["a", "b"]]}, "q de", "de")
    assert KIND.score([["a", "x", "b"]], queries, TASK) == {"map@20": pytest.approx(100 * (1 + 2 / 3) / 2)}
    assert KIND.example_counts([["a", "x", "b"]], queries, TASK) == {"map@20": [(pytest.approx(5 / 6), 1)]}


def test_golden_vectors_rank_as_the_official_code_ranks_them(tmp_path, monkeypatch):
    """From vectors to scores; a further number makes all candidates as long, so that cosines have their order."""
    one = read_golden("xtreme_r_metrics.json")["lareqa_map_at_20"]
    known = {name: [*vector, 0.0] for name, _, vector in one["questions"]}
    longest = max(np.linalg.norm(vector) for _, vector in one["candidates"])
    for name, vector in one["candidates"]:
        known[name] = [*vector, (longest**2 - np.linalg.norm(vector) ** 2) ** 0.5]
    right = {
        name: [group for group, names in one["relevant"].items() if name in names] for name, _ in one["candidates"]
    }
    names = [name for name, _ in one["candidates"]]
    pool = Examples({"id": names, "candidate": names, "match": [right[name] for name in names]}, "pool", "mul")
    asked: dict[str, list[tuple[str, str]]] = {}
    for name, group, _ in one["questions"]:
        asked.setdefault(name.rpartition("_")[2], []).append((name, group))
    queries = {
        lang: Examples(
            {"id": [q for q, _ in rows], "query": [q for q, _ in rows], "match": [[g] for _, g in rows]}, "q", lang
        )
        for lang, rows in asked.items()
    }

    def encode(body, texts, out=None, **given):
        found = np.array([known[text] for text in texts], np.float32)
        return found if out is None else np.copyto(out, found) or out

    body = SimpleNamespace(config=SimpleNamespace(hidden_size=len(known[names[0]])))
    monkeypatch.setattr(rank, "encode", encode)
    monkeypatch.setattr(rank, "load_finetuned", lambda *_: (body, None))
    monkeypatch.setattr(rank, "_pool", lambda job: pool)
    monkeypatch.setattr("xh.stage.job.path_hash", str)
    work = job(tmp_path / "model", tmp_path / "work")
    rows, counts = KIND.gather(work, queries), []
    for lang, found in KIND.predict(work, rows):
        KIND.write(found, tmp_path / lang)
        counts += KIND.example_counts(KIND.read(tmp_path / lang), rows[lang], TASK)["map@20"]
    assert len(queries) > 1 and len(counts) == len(one["questions"])
    official = float(one["printed_mAP_at_20"].rpartition(" ")[2])
    assert np.mean([right for right, _ in counts]) == pytest.approx(official, rel=1e-9)


def test_one_right_entity_scores_as_the_official_code_scores_it(tmp_path):
    for one in read_golden("xtreme_r_metrics.json")["mewslix"]:
        keys = [*one["gold"]]
        rows = Examples(
            {"id": keys, "query": keys, "match": [[one["gold"][key][0].strip()] for key in keys]}, "q", "de"
        )
        KIND.write([one["predictions"].get(key, []) for key in keys], tmp_path / "test-de.jsonl")
        found = KIND.score(KIND.read(tmp_path / "test-de.jsonl"), rows, TASK)
        assert found["map@20"] == pytest.approx(one["evaluate_one_task"]["map@20"], rel=1e-9)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"query": ["a"]}, "none of the columns query, candidate; id, query, match; id, candidate, match"),
        ({"query": ["a", " "], "candidate": ["b", "c"]}, "row 1: its query is ' '"),
        ({"query": ["a"], "candidate": ["b"], "negatives": ["c"]}, "row 0: its negatives are 'c', not a list of texts"),
        ({"id": ["1", "1"], "candidate": ["a", "b"], "match": [[], []]}, "an id twice"),
    ],
)
def test_rows_that_do_not_fit_are_named(columns, problem):
    with pytest.raises(MissingError, match=problem):
        KIND.check(columns, TASK, "answers test de")
