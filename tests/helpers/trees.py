"""What the Hub's data sets look like, names of files only: at the commits that hold parquet, and at those that don't.

Commits and layouts are those that public code and the Hub's stored pages name.
"""

from collections.abc import Iterable, Iterator

from xh_tasks.mnli import LANGUAGES
from xh_tasks.panx import LANGUAGES as NAMED
from xh_tasks.tatoeba import ISO_639_3
from xh_tasks.udpos import NAMES
from xh_tasks.xquad import xh_tasks as xquad
from xh_tasks.xtreme_r import PANX

Tree = list[str]
ANSWERED = "ar de en es hi vi zh"


def parts(folder: str, *splits: str) -> Tree:
    """The files of a config as ``push_to_hub`` names them."""
    return [f"{folder}/{split}-00000-of-00001.parquet" for split in splits]


def converted(config: str, *splits: str) -> Tree:
    """The files of a config on ``refs/convert/parquet``."""
    return [f"{config}/{split}/0000.parquet" for split in splits]


def each(configs: Iterable[str], *splits: str) -> Tree:
    return [name for config in configs for name in parts(config, *splits)]


def xtreme() -> Iterator[str]:
    three = ("train", "validation", "test")
    yield from each((f"PAN-X.{lang}" for lang in NAMED), *three)
    untrained = {"Kazakh": ("train", "test"), "Tagalog": ("test",), "Thai": ("test",), "Yoruba": ("test",)}
    for name in NAMES.values():
        yield from parts(f"udpos.{name}", *untrained.get(name, three))
    yield from each((f"tatoeba.{code}" for code in ISO_639_3.values()), "validation")
    pairs = (f"MLQA.{context}.{question}" for context in ANSWERED.split() for question in ANSWERED.split())
    yield from each(pairs, "validation", "test")


PARQUET: dict[str, tuple[str, Tree]] = {
    "AKCIT/coco2017-captioning": ("main", parts("data", "train", "validation")),
    "AnyModal/flickr30k": ("main", parts("data", "train", "validation", "test")),
    "Phando/snli-ve-shuffled": (
        "421757c604562147650a7fd3e68502251bd37769", converted("default", "train", "validation", "test"),
    ),
    "Rowan/hellaswag": ("218ec52e09a7e7462a5400043bb9a69a41d06b76", parts("data", "train", "validation", "test")),
    "allenai/cosmos_qa": (
        "ed50fe83db62b355759053b1cd5eef344ee371e0", converted("default", "train", "validation", "test"),
    ),
    "aps/super_glue": ("3de24cf8022e94f4ee4b9d55a6f539891524d646", parts("copa", "train", "validation", "test")),
    "cambridgeltl/xcopa": (
        "042f78955ba48e6404616762fa6e05e839c3907a",
        each(["et", "ht", "id", "it", "qu", "sw", "ta", "th", "tr", "vi", "zh"], "validation", "test"),
    ),
    "crux82/squad_it": ("295af10dbb0c82e401bfea157b10fe9ff6f664eb", converted("default", "train", "test")),
    "facebook/anli": (
        "8e4813d81f46d313dac7892e1c28076917cfcdf9",
        parts("plain_text", *(f"{split}_r{number}" for split in ("train", "dev", "test") for number in (1, 2, 3))),
    ),
    "facebook/xnli": (
        "b8dd5d7af51114dbda02c0e3f6133f332186418e", each(["en", *LANGUAGES.split()], "train", "validation", "test"),
    ),
    "google-research-datasets/paws-x": (
        "4cd8187c404bda33cb1f62b49b001115862acf37",
        each(["de", "en", "es", "fr", "ja", "ko", "zh"], "train", "validation", "test"),
    ),
    "google-research-datasets/tydiqa": (
        "da78f23f9119363459acbaf46bf89426ff26c259", each(["primary_task", "secondary_task"], "train", "validation"),
    ),
    "google/xquad": (
        "51adfef1c1287aab1d2d91b5bead9bcfb9c68583",
        each((f"xquad.{lang}" for lang in (*xquad()[0].languages, "ro")), "validation"),
    ),
    "google/xtreme": ("ec5f1f46e9af79639a90684a7a70a956c4998f04", list(xtreme())),
    "izhx/mewsli-x": ("7e3723faa15c6d84cfd56d66cf6cd347be8ad00e", ["candidate_entities.jsonl.tar.gz", "README.md"]),
    "lighteval/siqa": ("54c6a1f8cb6daf4f5abf24a601852612fb35eb25", parts("data", "train", "validation")),
    "nyu-mll/glue": (
        "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c",
        [*parts("mnli", "train", "validation_matched", "validation_mismatched"), *parts("qqp", "train", "validation")],
    ),
    "rajpurkar/squad": ("7b6d24c440a36b6815f21b70d25016731768db1f", parts("plain_text", "train", "validation")),
    "rajpurkar/squad_v2": ("3ffb306f725f7d2ce8394bc1873b24868140c412", parts("squad_v2", "train", "validation")),
    "romrawinjp/multi30k": ("54218e32a3eeb7a49a9205cac037bfe80048ae1e", parts("data", "train", "validation", "test")),
    "stanfordnlp/snli": (
        "cdb5c3d5eed6ead6e5a341c8e56e669bb666725b", parts("plain_text", "train", "validation", "test"),
    ),
    "tau/commonsense_qa": ("94630fe30dad47192a8546eb75f094926d47e155", parts("data", "train", "validation", "test")),
    "unimelb-nlp/wikiann": (
        "f0a3be6dc5564c0cc4150bb660144800a1f539d4", each(PANX, "train", "validation", "test"),
    ),
    "wikimedia/wikipedia": (
        "b04c8d1ceb2f5cd4588862100d08de323dccfbaa",
        [f"20231101.{lang}/train-{part}-of-00002.parquet" for lang in NAMED for part in ("00000", "00001")],
    ),
}  # fmt: skip
CARDS = {
    "izhx/mewsli-x": """---
configs:
- config_name: candidate_entities
  data_files:
  - split: test
    path: candidate_entities.jsonl.tar.gz
---
"""
}
"""What the cards say of places that do not follow from the names of config and split."""
SCRIPTS = {
    "allenai/cosmos_qa": "28d9d5e2aae025e73e11177891a88dba51190013",
    "facebook/mlqa": "397ed406c1a7902140303e7faf60fff35b58d285",
    "crux82/squad_it": "7dcc7d4cb229faecca070f9a3a27f91af51b7171",
    "ccasimiro/squad_es": "60f9fee9093cbe67218a653e83e0ec2d3fc31af5",
    "google-research-datasets/tydiqa": "824c1b749da46e73930be9142d3b6815f2dded02",
}
"""Commits, most of them ``main``, that are loading scripts."""
