"""Every command of README and docs can be planned and run, offline; what is not tried is listed with the reason."""

import gc
import json
import os
import shutil
from functools import partial, reduce
from itertools import pairwise
from unittest.mock import patch

import pytest
from commands import Example, examples, words

from helpers.encoders import write_encoder
from xh.cli.main import main
from xh.mini import SAMPLE
from xh.plugins import registry

BASES = {"README.md": "xh run --inter squad,mnli --target xquad,tatoeba,bucc --model xlm-roberta-large"}
BASE = "xh run --inter squad --target bucc --model xlm-roberta-large"
"""What ``…`` stands for in a document, and what options that stand alone are added to."""

MEANT = {
    "--by AXIS": "xh report --by model",
    "--data WHERE": "xh compare none squad --data sample",
    "--data TASK=FOLDER": "xh run --inter mnli@de --target bucc --data mnli=FOLDER",
    "--data DIR --set mewslix.source=official": "xh run --target mewslix --data DIR --set mewslix.source=official",
    "--data hub,ccg=FOLDER": "xh run --inter ccg --target bucc --data hub,ccg=FOLDER",
    "--data word_alignment=FOLDER": "xh run --target word_alignment --langs de --data word_alignment=FOLDER",
    "--data mlm=FOLDER": "xh run --inter mlm --target bucc --data mlm=FOLDER",
    "--data mnli=FOLDER": "xh run --inter mnli@de --target bucc --data mnli=FOLDER",
    "--data multichecklist=FOLDER": "xh run --target multichecklist --langs de --data multichecklist=FOLDER",
    "--engine NAME": "xh run --target bucc --engine local",
    "--examples N": "xh report --examples 1",
    "--format NAME": "xh report --format csv",
    "--format html": "xh compare none squad --format html",
    "--format json": "xh report --format json",
    "--method NAME": "xh run --target xnli --method code-switch",
    "--method a,none": "xh run --target xnli --method code-switch,none",
    "--model NAME": "xh run --target bucc --model mini",
    "--set alignment.pooling=words": "xh run --target alignment --langs de --set alignment.pooling=words",
    "--set TASK.KEY=VALUE": "xh run --target xquad --set xquad.epochs=1",
    "--set TASK.compare=true": "xh run --target xnli --set xnli.compare=true",
    "--set TASK.index=hnsw": "xh run --target bucc --set bucc.index=hnsw",
    "--set code-switch.dictionary=DIR": (
        "xh run --target xnli --method code-switch --set code-switch.dictionary=DIR/words"
    ),
    "--set code-switch.ratio=0.3": "xh run --target xnli --method code-switch --set code-switch.ratio=0.3",
    "--set lareqa.index=ivf": "xh run --target lareqa --set lareqa.index=ivf",
    "--set mewslix.learning_rate=1e-5 --set mewslix.batch_size=32 --set mewslix.group=8": (
        "xh run --target mewslix --set mewslix.learning_rate=1e-5 --set mewslix.batch_size=32 --set mewslix.group=8"
    ),
    "--set mlqa.pairs=all": "xh run --target mlqa --set mlqa.pairs=all",
    "--set nli_pairs.hard_negatives=0": "xh plan --inter nli_pairs --target bucc --set nli_pairs.hard_negatives=0",
    "--set squad+mnli.cap=N": "xh run --inter squad+mnli --target bucc --set squad+mnli.cap=100",
    "--set udpos_xr.source=conllu": "xh run --target udpos_xr --set udpos_xr.source=conllu --data DIR",
    "--set udpos.source=conllu": "xh run --target udpos --set udpos.source=conllu --data DIR",
    "--to DIR": "xh fetch --inter squad --target bucc --to DIR",
    "--view layers": "xh report --view layers",
    "--vary AXIS=VALUE,VALUE": "xh run --inter squad --target bucc --vary bucc.layer=4,6",
    "--train-lang de": "xh run --target xnli --train-lang de --model xlm-roberta-large",
    "xh COMMAND --help": "xh store --help",
    "xh plan --inter flickr30k --target tatoeba --langs de,sw --set flickr30k.tower=openai/clip-vit-large-patch14": (
        "xh plan --inter flickr30k --target tatoeba --langs de,sw --set flickr30k.tower=xh_images:scenes"
    ),
    "xh compare --json": "xh compare none squad --json",
    "xh compare A B": "xh compare none squad",
    "xh compare model=mini,inter=none model=mini,inter=squad --target tatoeba --lang de": (
        "xh compare model=encoder,inter=none model=encoder,inter=squad --target tatoeba --lang de"
    ),
    "xh compare none squad --model mini": "xh compare none squad --model encoder",
    "xh compare none squad --target bucc -n 1": "xh compare none squad --target tatoeba -n 1",
    "xh doctor --model": "xh doctor --model mini",
    "xh export --labels": "xh export --labels -o DIR",
    "xh figure VIEW": "xh figure table",
    "xh figure heatmap -o heatmap.pdf": "xh figure heatmap",
    'xh figure table --target xnli --width 84mm --font "Liberation Serif" -o languages.svg': (
        'xh figure table --target tatoeba --width 84mm --font "Liberation Serif"'
    ),
    "xh new-task NAME": "xh new-task mine",
    "xh report --format NAME": "xh report --format html",
    "xh report --format html -o report.html": "xh report --format html",
    "xh report --method a": "xh report --method none",
    "xh run --json": "xh run --inter squad --target bucc --json",
    "xh score --langs de,fr": "xh score --predictions DIR --labels DIR --langs de,fr",
    "xh show TASK": "xh show squad",
    "xh study plan|run|report STUDY …the options of plan, run and report…": "xh study plan data-size --profile mini",
    "xh study plan data-size": "xh study plan data-size --profile mini",
    "xh study report data-size": "xh study report data-size --profile mini",
    "xh study run NAME": "xh study plan data-size --profile mini",
    "xh study run data-size": "xh study plan data-size --profile mini",
    "xh study run data-size --profile mini": "xh study plan data-size --profile mini",
    "xh study run resources --profile mini": "xh study plan resources --profile mini",
    "xh study show STUDY": "xh study show data-size",
    "xh watch --once -o run.html": "xh watch --once",
    "xh store merge OTHER": "xh store merge other",
    "xh store rm": "xh store rm --target tatoeba",
}
"""Examples with a placeholder, or that need another command before them, and what a reader would type."""

OWN_PLUGIN = "the plugin is the reader's to write; tests/e2e/test_third_party.py has one"
LAYERED = "what is in the store here has no layers; tests/results/test_layers.py has a picture"
OWN_PACKAGE = "the tracker's package is the reader's to install; tests/trackers/test_trackers.py"
CLUSTER = "a cluster is the reader's to have; tests/clusters and tests/engine/test_sbatch.py"
XTREME_R = "what is in the store here is XTREME's; tests/e2e/test_xtreme_r.py has a run of XTREME-R"
SKIPPED = {
    "--engine dask --jobs 8": CLUSTER,
    "--engine-set KEY=VALUE": CLUSTER,
    "xh plan --inter squad,mnli --target xtreme --model xlm-roberta-large --format sbatch > jobs.sh": CLUSTER,
    "xh run --inter squad --target bucc --engine dask --engine-set arguments.walltime=2:00:00 --jobs 8": CLUSTER,
    "xh run --inter squad --target bucc --engine dask --engine-set cluster=local --jobs 2": CLUSTER,
    "xh run --inter squad,mnli --target xtreme --model xlm-roberta-large --engine dask --jobs 8": CLUSTER,
    "xh run --inter squad,mnli --target xtreme --model xlm-roberta-large --engine slurm-jobs --jobs auto": CLUSTER,
    "xh plan … --data /project/mirror --runs /project/runs --format sbatch > all.sh": CLUSTER,
    "xh run … --data /project/mirror --runs /project/runs --engine dask": CLUSTER,
    "xh run … --data /project/mirror --runs /project/runs --engine slurm-jobs": CLUSTER,
    "xh stage run": CLUSTER,
    "xh stage run FILE": CLUSTER,
    "--log NAME": OWN_PACKAGE,
    "--set TASK.copy=original": OWN_PLUGIN,
    "xh run --inter squad --target bucc --log tensorboard": OWN_PACKAGE,
    "xh run --log tensorboard …the same…": OWN_PACKAGE,
    "xh check-plugin DIST": OWN_PLUGIN,
    "xh check-plugin xh-sick": OWN_PLUGIN,
    "xh run --inter sick --target sick,xnli --langs de --limit-train 16 --limit-eval 8": OWN_PLUGIN,
    "xh show sick": OWN_PLUGIN,
    "xh export --benchmark xtreme-r": XTREME_R,
    "xh score --benchmark xtreme-r": XTREME_R,
    "xh doctor --data hub": "reads all data sets of the Hub; tests/fetch/test_audit.py",
    "xh figure layers": LAYERED,
    "xh watch": "serves until it is ended; tests/watch/test_watch_server.py",
    "xh fetch --check": "nothing is fetched here; tests/fetch/test_fetch.py",
}
FEWER = {
    "--inter mnli,qqp,squad": "--inter mnli,squad",
    "--inter phang2020,mlm": "--inter squad,hellaswag",
    "--limit-train 10%": "--limit-train 2%",
    "--seeds 1-3": "--seeds 1-2",
    "--target xtreme": "--target xquad,tatoeba",
    "--target xtreme-r": "--target xquad_xr,tatoeba_xr",
    "--vary limit-intermediate=1%,10%,100%": "--vary limit-intermediate=4,8",
    "--vary limit-intermediate=10%,100%": "--vary limit-intermediate=4,8",
}
"""Groups and lists, of which all is planned, but only this runs; and rows, of which fewer do."""
LAYERS = {"layer=0,2,4": "layer=0,1,2", "layer=4,6": "layer=1,2", "layer=4": "layer=1", "layer=8": "layer=2"}
"""Those of the small encoder, where an example names one."""

TREEBANK = "".join(
    f"# sent_id = {number}\n1\tAnna\t_\tPROPN\t_\t_\t2\t_\t_\t_\n2\tschläft\t_\tVERB\t_\t_\t0\t_\t_\t_\n\n"
    for number in range(8)
)

TRANSLATION = "".join(
    json.dumps({"premise": "Anna schläft.", "hypothesis": "Sie ist wach.", "label": number % 3}) + "\n"
    for number in range(12)
)

CASE = {"id": "1", "context": "Anna schläft.", "question": "Wer?", "test": "animals", "case": 0} | {
    "answers": {"text": ["Anna"], "answer_start": [0]}
}


def command(example: Example) -> list[str]:
    text = MEANT.get(example.text, example.text)
    return words(text, BASES.get(example.document, BASE))


ALL = {tuple(command(example)): example for example in examples() if example.text not in SKIPPED}.values()
"""One example of each command."""


def ids(example: Example) -> str:
    return f"{example.document}: {example.text}"


PLANNED = [example for example in ALL if command(example)[0] in ("run", "plan", "fetch")]
RUN = [example for example in PLANNED if command(example)[0] != "fetch"]
OTHERS = [example for example in ALL if example not in PLANNED]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("docs")


@pytest.fixture(scope="module")
def mirror(folder):
    """What DIR stands for: the sample with text in two languages, and a little of what it lacks."""
    root = shutil.copytree(SAMPLE, folder / "mirror")
    for path in (root / "wikimedia/wikipedia").glob("*.*"):
        if path.suffix not in (".de", ".en", ".md"):
            shutil.rmtree(path)
    shutil.copyfile(root / "izhx/mewsli-x/candidate_entities/test.jsonl", root / "mewslix/candidate_set_entities.jsonl")
    for code, name in (("en", "English-EWT"), ("de", "German-GSD")):
        path = root / f"ud-treebanks-v2.5/UD_{name}"
        path.mkdir(parents=True)
        for split in ("train", "dev", "test"):
            (path / f"{code}_{name.partition('-')[2].lower()}-ud-{split}.conllu").write_text(TREEBANK)
    return root


@pytest.fixture(scope="module")
def own(folder):
    """By task what FOLDER stands for: categories, text and translations of one's own."""
    files = {
        "ccg/train.txt": "Anna|NNP|N sleeps|VBZ|S\\N\nBob|NNP|N sleeps|VBZ|S\\N\n" * 4,
        "ccg/validation.txt": "Eve|NNP|N sleeps|VBZ|S\\N\n" * 4,
        "mlm/de.txt": "".join(f"Das ist der {number}. Satz von hundert.\n" for number in range(100)),
        "mnli/de/train.jsonl": TRANSLATION,
        "multichecklist/de/test.jsonl": json.dumps(CASE),
        "word_alignment/words/en-de.txt": "house Haus\nday Tag\ncat Katze\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return {name.partition("/")[0]: folder / name.partition("/")[0] for name in files}


def typed(mirror, own, tmp_path, monkeypatch, example: Example) -> list[str]:
    """The words of an example, its folders being there."""
    monkeypatch.chdir(tmp_path)
    places = {"DIR": mirror, "/project/mirror": mirror}
    places |= {f"{task}=FOLDER": f"{task}={place}" for task, place in own.items()}
    line = command(example)
    for name, place in places.items():
        line = [word.replace(name, str(place)) for word in line]
    return line


def test_every_skipped_example_and_every_explanation_is_of_an_example():
    texts = {example.text for example in examples()}
    assert {*SKIPPED, *MEANT} <= texts


@pytest.mark.parametrize("example", PLANNED, ids=ids)
def test_it_is_planned(mirror, own, tmp_path, monkeypatch, example, capsys):
    line = typed(mirror, own, tmp_path, monkeypatch, example)
    if "--to" in line:
        del line[line.index("--to") : line.index("--to") + 2]
    assert main(["plan", *line[1:]]) == 0, capsys.readouterr().err
    assert "to run" in capsys.readouterr().out or "--json" in line


@pytest.fixture(scope="module")
def encoder(folder):
    """With the head of masked language modelling."""
    return write_encoder(folder / "encoder", layers=2, width=16, model="AutoModelForMaskedLM")


@pytest.fixture(scope="module")
def here():
    """The stages are made in this process, which imports torch once and keeps rows and features."""
    from xh.api import execute
    from xh.engine.execute import prepare
    from xh.stage.cache import StageCache
    from xh.training import trainer  # noqa: F401

    gc.freeze()  # what was imported is no garbage
    cache = StageCache()

    def run(stages, locations, listener):
        for stage in stages:
            listener.started(stage)
            execute(stage, locations, report=partial(listener.logged, stage), cache=cache)
            listener.finished(stage, 0.1, False)

    with patch("xh.engine.local.run", run), patch.dict(os.environ):
        yield
    prepare.cache_clear()  # of a line with --offline


def tiny(line: list[str], mirror, encoder, store) -> list[str]:
    """The same in small: with a tiny encoder, few rows and languages, from local data, into the shared store."""
    names = {
        **dict.fromkeys(
            ("xlm-r", "xlm-roberta-large", "xlm-roberta-base", "multilingual-e5-small", "mini"), str(encoder)
        ),
        "hub": str(mirror),
        "cuda:1": "cpu",
    }
    several = [",".join(dict.fromkeys(names.get(each, each) for each in word.split(","))) for word in line[1:]]
    line = ["run", *(word.replace("hub,", f"{mirror},") for word in several)]
    for option, group in map(str.split, FEWER):
        if (option, group) in pairwise(line):
            line[line.index(group)] = FEWER[f"{option} {group}"].split()[1]
    data = [] if str(mirror) in " ".join(line) or "sample" in line else ["--data", str(mirror)]
    model = [] if "--model" in line else ["--model", str(encoder)]
    langs = [] if "--langs" in line else ["--langs", "de,zh" if "bucc" in " ".join(line) else "de,en"]
    line = [reduce(lambda text, layers: text.replace(*layers), LAYERS.items(), word) for word in line]
    train = [] if "%" in dict(pairwise(line)).get("--limit-train", "") else ["--limit-train", "8"]
    limits = [*train, "--limit-eval", "4", "--profile", "mini", "--runs", str(store)]
    return [*line, *data, *model, *langs, *limits]


@pytest.mark.parametrize("example", RUN, ids=ids)
def test_it_runs(own, tmp_path, monkeypatch, example, mirror, encoder, here, folder, capsys):
    line = tiny(typed(mirror, own, tmp_path, monkeypatch, example), mirror, encoder, folder / "runs")
    assert main(line) == 0, capsys.readouterr().err
    shown = capsys.readouterr()
    assert shown.out and "already in" in shown.err


@pytest.fixture(scope="module")
def first(mirror, encoder, here, folder):
    """The store after a run in all languages."""
    langs = {lang for name in ("pawsx", "tatoeba") for lang in registry().task(name).languages}
    run = ["run", "--inter", "squad", "--target", "pawsx,tatoeba", "--langs", ",".join(langs), "--data", "sample"]
    assert main(tiny(run, mirror, encoder, folder / "first")) == 0
    return folder / "first"


@pytest.mark.parametrize("example", OTHERS, ids=ids)
def test_other_commands(mirror, own, monkeypatch, example, first, tmp_path, capsys):
    """After a run, and with the submission that it makes."""
    line = typed(mirror, own, tmp_path, monkeypatch, example)
    for name in {"runs", *line} & {"runs", "other"}:
        shutil.copytree(first, tmp_path / name)
    if line[0] == "export":
        line[line.index("-o") + 1] = "exported"
    if line[0] == "score":
        assert main(["export", "-o", "predictions"]) == main(["export", "--labels", "-o", "labels"]) == 0
        line[line.index("--predictions") + 1], line[line.index("--labels") + 1] = "predictions", "labels"
    capsys.readouterr()
    assert main(line) == 0, capsys.readouterr().err
    assert any(capsys.readouterr())
