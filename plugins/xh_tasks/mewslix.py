"""Mewsli-X: find the entity that is mentioned in news among a million descriptions in 50 languages (Ruder et al. 2021).

The records are those of the authors' release, which the Hub's copy holds in one archive, with the articles' text. What
their own script makes, in a folder such as ``DIR/mewslix/``, is read too; ``--set mewslix.source=official`` then takes
the candidates from there as well. Source: XTREME third_party/utils_mewslix.py, scripts/train_mewslix.sh.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xh.api import Files, Hub, MissingError, TaskSpec, hookimpl
from xh_tasks.revisions import MEWSLI_X

HUB = "izhx/mewsli-x"
MENTIONS = {
    "ar": 1_501, "de": 1_551, "en": 1_490, "es": 1_552, "fa": 458, "ja": 1_519,
    "pl": 1_562, "ro": 672, "ta": 1_567, "tr": 1_215, "uk": 1_537,
}  # fmt: skip
PLACES = ("*/{split}.jsonl",)
HINT = "get-mewsli-x.sh in google-research/dense_representations_for_entity_retrieval/mel makes it"


@hookimpl
def xh_tasks() -> list[TaskSpec]:
    official = Files(PLACES, {"candidates": "candidate_set_entities"}, reader="xh_tasks.mewslix:entities", hint=HINT)
    return [
        TaskSpec(
            name="mewslix",
            title="Mewsli-X, entities named in news",
            kind="rank",
            roles=("target",),
            groups=("xtreme-r",),
            languages=tuple(MENTIONS),
            data=Files(
                PLACES,
                {"train": "wikipedia_pairs-train", "dev": "wikipedia_pairs-dev", "test": "wikinews_mentions-test"},
                url=f"https://huggingface.co/datasets/{HUB}/resolve/{MEWSLI_X}/raw.tar.gz",
                reader="xh_tasks.mewslix:mentions",
            ),
            pool=Hub(
                HUB,
                revision=MEWSLI_X,
                config="candidate_entities",
                splits={"candidates": "test"},
                row="xh_tasks.mewslix:entity",
            ),
            variants={"source": {"hub": {}, "official": {"pool": official}}},
            metric="map@20",
            # As for mBERT: four batches of 64. It takes 1e-5 and four of 8 for XLM-R Large.
            recipe={
                "learning_rate": 2e-5,
                "epochs": 2.0,
                "batch_size": 256,
                "group": 64,
                "warmup": 0.0,
                "select": "last",
                "pooling": "pooler",
                "max_query": 64,
                "max_length": 64,
            },
            rows={"train": 167_719, "dev": 14_051, "test": MENTIONS, "candidates": 1_003_893},
            reason="the data were released in 2022, and are not those of XTREME-R's paper",
            licence="Apache-2.0 on the Hub; the release names none",
            citation="Ruder et al. 2021, arXiv:2104.07412",
        )
    ]


def mentions(paths: list[Path], lang: str) -> list[dict[str, Any]]:
    """One row per mention in texts of a language: of news with its entity, of Wikipedia with the description."""
    return [
        row
        for article in _read(paths)
        for row in ([_pair(article)] if "entity" in article else _asked(article))
        if _context(article)["language"] == lang
    ]


def entities(paths: list[Path]) -> list[dict[str, Any]]:
    """One row per candidate."""
    return [entity(found, "") for found in _read(paths)]


def entity(found: dict[str, Any], lang: str) -> dict[str, Any]:
    """A candidate: the sentences of its description, without the title."""
    spans = [(span["start"], span["end"]) for span in found.get("sentence_spans") or ()]
    text, key = found["description"], found["entity_id"]
    described = " ".join(text[start:end] for start, end in spans) or text
    return {"id": key, "candidate": " ".join(described.split()), "match": [key]}


def _asked(article: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for mention in article["mentions"]:
        key = mention["entity_id"].strip()
        if not key:
            raise MissingError(f"Mention {mention['example_id']} has no entity: XTREME's own copy leaves them out.")
        query = _marked(article["context"], mention)
        yield {"id": mention["example_id"], "match": [key]} | query


def _pair(pair: dict[str, Any]) -> dict[str, Any]:
    marked = _marked(_context(pair), pair["contextual_mention"]["mention"])
    return marked | {"candidate": entity(pair["entity"], "")["candidate"]}


def _context(record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = record.get("contextual_mention", record)["context"]
    return found


def _marked(context: dict[str, Any], mention: dict[str, Any]) -> dict[str, str]:
    spans = [(span["start"], span["end"]) for span in context["sentence_spans"]]
    place = mention["mention_span"]
    return {"query": mark_mention(context["text"], place["start"], place["end"], spans)}


def mark_mention(text: str, start: int, end: int, sentences: Sequence[tuple[int, int]]) -> str:
    """Return what the model reads of the mention `text[start:end]`: itself, a colon, and its sentence with `{ }` on it.

    `sentences` are the start and end of each sentence in `text`; those that the mention touches are taken. Braces of
    the text become parentheses, white space single spaces.

    Raises ValueError if the mention lies in no sentence.
    """
    touched = [(left, right) for left, right in sentences if left < end and start < right]
    if not touched:
        raise ValueError(f"the mention at {start}..{end} lies in none of {len(sentences)} sentences")
    text = text.replace("{", "(").replace("}", ")")
    mention, before, after = text[start:end], text[touched[0][0] : start], text[end : touched[-1][1]]
    return " ".join(f"{mention}: {before}{{ {mention} }}{after}".split())


def _read(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)
