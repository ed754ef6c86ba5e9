"""Rows from files: read, checked, limited."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xh.data.locate import identity, located
from xh.data.reshape import reshaped
from xh.kinds.base import Kind, canonical, kind_of
from xh.plugins.registry import Registry
from xh.spec import Files, Hub, Inputs, Locations, MissingError, TaskSpec
from xh.spec.data import CANDIDATES, DataSplit, Source
from xh.spec.examples import Columns, Examples
from xh.spec.reference import resolve
from xh.spec.stage import limited
from xh.spec.task import HELD_OUT
from xh.stage.cache import StageCache

PLAIN = re.compile(r"[\w/.,=+@ -]+")
BUILDERS = {".parquet": "parquet", ".jsonl": "json", ".csv": "csv", ".tsv": "csv", ".txt": "text"}


def loader(
    registry: Registry, locations: Locations, inputs: Inputs, cache: StageCache | None = None
) -> Callable[[TaskSpec, str, str], Examples]:
    """``load(task, split, lang)``: a task's checked examples, at most as many as a stage's inputs say.

    Data that are not those of the inputs raise :class:`MissingError`. ``cache``: what the stages of a worker share.
    """
    once = (cache or StageCache(room=0)).once

    def load(task: TaskSpec, split: str, lang: str) -> Examples:
        limit = {"train": inputs.limit_train, CANDIDATES: None}.get(split, inputs.limit_eval)
        expected = inputs.identities.get(DataSplit(task.name, split, lang))

        def read() -> Examples:
            _check_unchanged(expected, task, split, lang, locations)
            examples = load_examples(registry, locations, task, split, lang)
            _check_unchanged(expected, task, split, lang, locations)  # nor while it was read
            return _limited(kind_of(task), examples, limit) if limit else examples

        return once(read, "examples", task, split, lang, locations, limit, expected)

    return load


def _limited(kind: Kind, examples: Examples, limit: int | float) -> Examples:
    size = kind.size(examples) if isinstance(limit, float) else len(examples)
    return kind.limit(examples, limited(size, limit))


def _check_unchanged(expected: str | None, task: TaskSpec, split: str, lang: str, locations: Locations) -> None:
    """Raise unless a split is still what it was planned as; one that only a kind's own code reads was not planned."""
    if expected and identity(task, split, lang, locations) != expected:
        raise changed(_where(task, split, lang))


def changed(what: str) -> MissingError:
    """The error for data or an encoder that are no longer what a stage is named by."""
    return MissingError(f"{what} has changed since the run was planned.", todo="Run the same command again.")


def load_examples(registry: Registry, locations: Locations, task: TaskSpec, split: str, lang: str) -> Examples:
    """One split in one language, checked by the task's kind; raises :class:`MissingError` for what does not fit."""
    where = _where(task, split, lang)
    columns = load_columns(registry, locations, task, split, lang)
    examples = Examples(kind_of(task).check(columns, task.in_language(lang), where), where, lang)
    return _part(examples, split) if task.shares_train else examples


def _part(examples: Examples, split: str) -> Examples:
    """Every 20th example is the dev set's, the others are the train set's."""
    return examples.chosen([i for i in range(len(examples)) if (i % HELD_OUT == HELD_OUT - 1) == (split == "dev")])


def load_columns(registry: Registry, locations: Locations, task: TaskSpec, split: str, lang: str) -> Columns:
    """One split in one language, unchecked, by the kind's column names; raises :class:`MissingError` if it is empty."""
    where = _where(task, split, lang)
    rows = registry.plugins.hook.xh_load_data(task=task, split=split, lang=lang, locations=locations)
    columns = _columns(kind_of(task), rows, where)
    if not columns or not len(next(iter(columns.values()))):
        raise MissingError(f"{where} is empty.", todo="The file may be incomplete; fetch it again.")
    return canonical(columns, task.in_language(lang), where)


def preview(
    registry: Registry, task: TaskSpec, split: str, lang: str, locations: Locations, count: int
) -> list[dict[str, Any]]:
    """The first rows of a split as the data have them, whoever loads them."""
    rows = registry.plugins.hook.xh_load_data(task=task, split=split, lang=lang, locations=locations)
    return [
        dict(row) for row in (rows.select(range(min(count, len(rows)))) if hasattr(rows, "select") else rows[:count])
    ]


def load_data(task: TaskSpec, split: str, lang: str, locations: Locations) -> Any:
    """Read a split's files: by the task's reader, or as parquet, JSON Lines, CSV or TSV."""
    parts = [_rows(source, paths, lang) for source, paths in located(task, split, lang, locations)]
    return parts[0] if len(parts) == 1 else _joined(parts)


def _rows(source: Source, paths: list[Path], lang: str) -> Any:
    if isinstance(source, Files) and source.reader:
        reader = resolve(source.reader)
        return reader(paths, lang) if len(signature(reader).parameters) > 1 else reader(paths)
    rows = _read(paths)
    return _reshaped(rows, source, lang, paths) if isinstance(source, Hub) and source.function else rows


def _joined(parts: list[Any]) -> Any:
    """The rows of several sources, with the columns that all of them have, as one."""
    from datasets import Dataset, concatenate_datasets

    sets = [part if isinstance(part, Dataset) else Dataset.from_list(part) for part in parts]
    shared = [name for name in sets[0].column_names if all(name in part.column_names for part in sets)]
    first = sets[0].select_columns(shared)
    return concatenate_datasets([first, *(part.select_columns(shared).cast(first.features) for part in sets[1:])])


def _reshaped(rows: Any, source: Hub, lang: str, paths: list[Path]) -> list[dict[str, Any]]:
    try:
        return reshaped(_each(rows), lang, source.row, source.rows)
    except KeyError as error:
        raise MissingError(f"{paths[0]} has no column {error}.", todo="Check that these are the right data.") from error


def _each(rows: Any) -> Iterator[dict[str, Any]]:
    """The rows of a data set, a thousand at a time, which is ten times faster than one by one; or those of a list."""
    if isinstance(rows, list):
        yield from rows
    else:
        for table in rows.with_format("arrow").iter(1000):
            yield from table.to_pylist()


def _read(paths: list[Path]) -> Any:
    import datasets
    from datasets import load_dataset

    datasets.disable_progress_bars()
    suffix = Path(paths[0].name.removesuffix(".gz").removesuffix(".tar")).suffix
    if suffix not in BUILDERS:
        raise MissingError(f"{paths[0]}: xh reads {', '.join(BUILDERS)}.", todo="Name a reader in the task's record.")
    if not any(path.stat().st_size for path in paths):
        return []
    options = {"delimiter": "\t"} if suffix == ".tsv" else {}
    try:
        with _literal(paths) as (names, where):
            return _undecoded(load_dataset(BUILDERS[suffix], data_files=names, split="train", **options, **where))
    except Exception as error:
        cause = error.__cause__ or error
        raise MissingError(
            f"{', '.join(map(str, paths))} can't be read.",
            why=f"{type(cause).__name__}: {str(cause).strip()[:200]}",
            todo="The file is empty, damaged or in another format; fetch it again.",
        ) from error


def _undecoded(rows: Any) -> Any:
    """Pictures as their bytes and paths: whoever wants to see them decodes them, one by one."""
    from datasets import Image

    for name in [name for name, feature in rows.features.items() if isinstance(feature, Image)]:
        rows = rows.cast_column(name, Image(decode=False))
    return rows


@contextmanager
def _literal(paths: list[Path]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Names under which ``load_dataset`` reads just these files, and options for it.

    It takes ``[1]``, ``*`` and ``::`` in a name for patterns and addresses. Such files get links with plain names, and
    their rows are kept in memory, for what it caches is found again by the names.
    """
    import datasets

    names = [str(path) for path in paths]
    if all(map(PLAIN.fullmatch, [*names, str(datasets.config.HF_DATASETS_CACHE)])):
        yield names, {}
        return
    with TemporaryDirectory() as folder:
        links = [Path(folder) / f"{number}{'.gz' * (path.suffix == '.gz')}" for number, path in enumerate(paths)]
        for link, path in zip(links, paths, strict=True):
            link.symlink_to(path)
        yield [str(link) for link in links], {"cache_dir": folder, "keep_in_memory": True}


def _where(task: TaskSpec, split: str, lang: str) -> str:
    return f"{task.name} {split} {lang}"


def _columns(kind: Kind, rows: Any, where: str) -> Columns:
    try:
        return kind.columns(rows)
    except UnicodeDecodeError as error:
        raise MissingError(f"{where} is not UTF-8.", why=str(error), todo="Save the files as UTF-8.") from error
