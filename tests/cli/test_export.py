"""``xh export``: which evaluations make a submission, and that it is written whole or not at all."""

import msgspec
import pytest

from xh.spec import Hub, Inputs, Purpose, Stage, TaskSpec
from xh.store import Store

PAIRS = "test-{}.tsv"


def _task(name, folder=None, **fields):
    data = Hub(f"org/{name}", revision="0" * 40, splits={"train": "train", "test": "test"})
    defaults = {"kind": "bitext", "roles": ("target",), "languages": ("de", "fr"), "metric": "accuracy"}
    return TaskSpec(name=name, official=folder, data=data, **(defaults | fields))


class Shelf:
    """Puts evaluations with prediction files into a store."""

    def __init__(self, root):
        self.store = Store.open(root)

    def put(
        self, task, *, langs=("de", "fr"), suffix=".tsv", parent=None, seed=None, inter="none", limit=None, **label
    ):
        names = {"encoder": "mini", "profile": "mini", "data": "hub", **label}
        stage = Stage(
            task=task.name,
            inputs=Inputs(
                phase="evaluate" if seed is None or parent else "target",
                encoder=names["encoder"],
                tasks=dict.fromkeys(("test", "train", "dev"), task),
                languages=tuple(langs),
                data={f"{task.name}/test/{lang}": names["data"] for lang in langs},
                recipe={},
                parent=parent,
                seed=None if parent else seed,
                limit_eval=limit,
            ),
            purpose=Purpose(inter=inter, target=task.name, **names),
        )
        with self.store.work(stage) as folder:
            scores = [{"lang": lang, "metric": "accuracy", "value": 50.0, "n": 2} for lang in langs]
            (folder / "scores.json").write_bytes(msgspec.json.encode({"scores": scores, "protocol": {}}))
            (folder / "predictions" / task.folder).mkdir(parents=True)
            for lang in langs:
                path = folder / "predictions" / task.folder / f"test-{lang}{suffix}"
                path.write_text(f"{task.name} {lang} {inter} {seed}\n")
            self.store.commit(stage, folder, {}, {}, 1.0)
        return stage.id

    def trained(self, task, seed, **fields):
        """An evaluation after a training with a seed."""
        return self.put(task, parent=self.put(task, seed=seed, **fields), seed=seed, **fields)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "runs")


def export(xh, *words):
    return xh("export", "-o", "out", *words)


def _files(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


XNLI, BUCC, SICK = _task("nli", "xnli"), _task("bucc", "bucc2018"), _task("sick")


def test_of_two_editions_of_a_task_each_benchmark_has_its_own(shelf, xh, tmp_path):
    own = shelf.put(_task("udpos", groups=("xtreme",)))
    edition = shelf.put(_task("udpos_xr", "udpos", groups=("xtreme-r",)))
    assert export(xh).out.split()[-1] == own
    (tmp_path / "out").rename(tmp_path / "first")
    assert export(xh, "--benchmark", "xtreme-r").out.split()[-1] == edition


def test_the_folder_and_what_it_lacks(shelf, xh, tmp_path):
    nli, bucc = shelf.put(XNLI, langs=("de", "fr", "xx")), shelf.put(BUCC, langs=("de", "fr", "ru", "zh"))
    shelf.put(SICK)
    answer = export(xh)
    assert answer.code == 0
    assert [line.split() for line in answer.out.splitlines()] == [
        ["TASK", "LANGS", "STAGE"],
        ["xnli", "2/15", nli],
        ["bucc2018", "4/4", bucc],
    ]
    files = _files(tmp_path / "out")
    assert set(files) == {f"xnli/test-{lang}.tsv" for lang in ("de", "fr")} | {
        f"bucc2018/test-{lang}.tsv" for lang in ("de", "fr", "ru", "zh")
    }
    assert files["xnli/test-de.tsv"] == "nli de none None\n"
    assert "out is not a complete XTREME submission. It lacks:" in answer.err
    assert "  pawsx: all 7 languages\n" in answer.err
    assert "  xnli: ar, bg, el, en, es, hi, ru, sw, th, tr, ur, vi, zh\n" in answer.err
    assert "bucc2018" not in answer.err


def test_predictions_that_were_changed_are_no_submission(shelf, xh, tmp_path):
    stage = shelf.put(BUCC)
    path = shelf.store.folder(stage) / "predictions/bucc2018/test-de.tsv"
    path.write_text(path.read_text().replace("de", "fr"))
    answer = export(xh)
    assert (answer.code, (tmp_path / "out").exists()) == (5, False)
    assert f"{stage} is damaged" in answer.err
    assert "predictions/bucc2018/test-de.tsv is changed: its SHA-256 differs" in answer.err


def test_a_complete_submission(shelf, xh, tmp_path):
    from xh.results.benchmark import benchmark
    from xh.scoring.formats import FORMATS

    for task in benchmark("xtreme").tasks:
        shelf.put(_task(f"my-{task.name}", task.name), langs=task.languages, suffix=FORMATS[task.format].suffix)
    answer = export(xh)
    assert answer.err.endswith("out is a complete XTREME submission.\n")
    assert len(_files(tmp_path / "out")) == sum(len(task.languages) for task in benchmark("xtreme").tasks)


def test_one_intermediate_task(shelf, xh, tmp_path):
    shelf.put(BUCC)
    shelf.put(BUCC, inter="squad", encoder="mini2")
    assert export(xh, "--inter", "squad").code == 0
    assert _files(tmp_path / "out")["bucc2018/test-de.tsv"] == "bucc de squad None\n"


def test_an_intermediate_task_that_is_not_there(shelf, xh):
    shelf.put(BUCC, inter="squad")
    answer = export(xh, "--inter", "mnli")
    assert answer.code == 2
    assert "No evaluation of XTREME is finished with inter mnli." in answer.err
    assert "--inter squad --model mini --profile mini --data hub  (bucc)" in answer.err


def test_several_contexts_are_listed(shelf, xh, tmp_path):
    shelf.put(BUCC)
    for seed in (1, 2):
        shelf.trained(XNLI, seed)
    shelf.put(BUCC, data="sample", profile="other")
    answer = export(xh)
    assert (answer.code, answer.out) == (2, "")
    assert [line.strip() for line in answer.err.splitlines()[1:-1]] == sorted(
        [
            "--inter none --model mini --profile mini --data hub --seed 1  (bucc, nli)",
            "--inter none --model mini --profile mini --data hub --seed 2  (bucc, nli)",
            "--inter none --model mini --profile other --data sample  (bucc)",
        ]
    )
    assert not (tmp_path / "out").exists()
    assert export(xh, "--seed", "2", "--profile", "mini").code == 0
    assert _files(tmp_path / "out")["xnli/test-de.tsv"] == "nli de none 2\n"
    assert "bucc2018/test-de.tsv" in _files(tmp_path / "out")


def test_several_evaluations_of_a_task_are_listed(shelf, xh, tmp_path):
    stages = [shelf.trained(XNLI, 1, limit=limit) for limit in (None, 10)]
    shelf.put(BUCC)
    answer = export(xh)
    assert answer.code == 2
    assert f"--stage {stages[0]}  target.limit_eval None" in answer.err
    assert f"--stage {stages[1]}  target.limit_eval 10" in answer.err
    assert export(xh, "--stage", "evaluate-nli-0").code == 2
    assert not (tmp_path / "out").exists()
    answer = export(xh, "--stage", stages[1])
    assert answer.code == 0
    assert stages[1] in answer.out
    assert "not comparable with published scores: xnli (at most 10 test rows)" in answer.err


def test_sample_data_are_named(shelf, xh):
    for task in (BUCC, XNLI):
        shelf.put(task, data="sample")
    assert "not comparable with published scores: xnli, bucc2018 (sample data)" in export(xh).err


@pytest.mark.parametrize("made", ["file", "folder"])
def test_nothing_is_overwritten(shelf, xh, tmp_path, made):
    shelf.put(BUCC)
    path = tmp_path / "out" / "mine" if made == "folder" else tmp_path / "out"
    path.parent.mkdir(exist_ok=True)
    path.write_text("precious")
    answer = export(xh)
    assert answer.code == 2
    assert "nothing is overwritten" in answer.err
    assert path.read_text() == "precious"


def test_an_empty_folder_is_taken(shelf, xh, tmp_path):
    shelf.put(BUCC)
    (tmp_path / "out").mkdir()
    assert export(xh).code == 0
    assert len(_files(tmp_path / "out")) == 2


def test_a_failure_leaves_nothing_behind(shelf, xh, tmp_path, monkeypatch):
    shelf.put(BUCC)

    def full(source, target):
        target.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xh.scoring.export.shutil.copyfile", full)
    answer = export(xh)
    assert answer.code == 5
    assert "out can't be written" in answer.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs"]


def test_no_store_and_an_empty_one(xh, shelf, tmp_path):
    assert export(xh, "--runs", "nowhere").code == 5
    answer = export(xh)
    assert answer.code == 2
    assert "No evaluation of XTREME is finished with inter none." in answer.err
