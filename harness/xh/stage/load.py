"""Rows from files: read, checked, limited."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from xh.kinds.kind import Columns, Examples, canonical, kind_of
from xh.plan.data import located
from xh.plugins.hookspecs import hookimpl
from xh.plugins.registry import Registry
from xh.spec import Files, Hub, MissingError, Site, TaskSpec
from xh.spec.data import Source
from xh.spec.reference import resolve
from xh.spec.stage import limited
from xh.stage.memo import Memo

BUILDERS = {".parquet": "parquet", ".jsonl": "json", ".csv": "csv", ".tsv": "csv", ".txt": "text"}
HELD_OUT = 20


def loader(
    registry: Registry,
    site: Site,
    limit_train: int | float | None,
    limit_eval: int | None,
    memo: Memo | None = None,
) -> Callable[[TaskSpec, str, str], Examples]:
    """``load(task, split, lang)``: a task's checked examples, at most as many as the limits say.

    ``memo``: what the stages of a worker share.
    """
    once = (memo or Memo(room=0)).once

    def load(task: TaskSpec, split: str, lang: str) -> Examples:
        limit = limit_train if split == "train" else limit_eval

        def read() -> Examples:
            examples = load_examples(registry, site, task, split, lang)
            return kind_of(task).limit(examples, limited(len(examples), limit)) if limit else examples

        return once(read, "examples", task, split, lang, site, limit)

    return load


def load_examples(registry: Registry, site: Site, task: TaskSpec, split: str, lang: str) -> Examples:
    """One split in one language, checked by the task's kind; raises :class:`MissingError` for what does not fit."""
    where = _where(task, split, lang)
    columns = load_columns(registry, site, task, split, lang)
    examples = Examples(kind_of(task).check(columns, task, where), where, lang)
    return _part(examples, split) if task.shares_train else examples


def _part(examples: Examples, split: str) -> Examples:
    """Every 20th example is the dev set's, the others are the train set's."""
    return examples.chosen([i for i in range(len(examples)) if (i % HELD_OUT == HELD_OUT - 1) == (split == "dev")])


def load_columns(registry: Registry, site: Site, task: TaskSpec, split: str, lang: str) -> Columns:
    """One split in one language, unchecked, by the kind's column names; raises :class:`MissingError` if it is empty."""
    where = _where(task, split, lang)
    rows = registry.plugins.hook.xh_load_data(task=task, split=split, lang=lang, site=site)
    columns = _columns(rows, where)
    if not columns or not len(next(iter(columns.values()))):
        raise MissingError(f"{where} is empty.", todo="Check that the file is whole; fetch it again.")
    return canonical(columns, task, where)


def preview(registry: Registry, task: TaskSpec, split: str, lang: str, site: Site, count: int) -> list[dict[str, Any]]:
    """The first rows of a split as the data have them, whoever loads them."""
    rows = registry.plugins.hook.xh_load_data(task=task, split=split, lang=lang, site=site)
    if rows is None:
        rows = xh_load_data(task, split, lang, site)
    return [
        dict(row) for row in (rows.select(range(min(count, len(rows)))) if hasattr(rows, "select") else rows[:count])
    ]


@hookimpl(trylast=True)
def xh_load_data(task: TaskSpec, split: str, lang: str, site: Site) -> Any:
    """Read a split's files: by the task's reader, or as parquet, JSON Lines, CSV or TSV."""
    parts = [_rows(source, paths, lang) for source, paths in located(task, split, lang, site)]
    return parts[0] if len(parts) == 1 else _joined(parts)


def _rows(source: Source, paths: list[Path], lang: str) -> Any:
    if isinstance(source, Files) and source.reader:
        return resolve(source.reader)(paths)
    rows = _read(paths)
    return _reshaped(rows, source.row, lang, paths) if isinstance(source, Hub) and source.row else rows


def _joined(parts: list[Any]) -> Any:
    """The rows of several sources, with the columns that all of them have, as one."""
    from datasets import Dataset, concatenate_datasets

    sets = [part if isinstance(part, Dataset) else Dataset.from_list(part) for part in parts]
    shared = [name for name in sets[0].column_names if all(name in part.column_names for part in sets)]
    first = sets[0].select_columns(shared)
    return concatenate_datasets([first, *(part.select_columns(shared).cast(first.features) for part in sets[1:])])


def _reshaped(rows: Any, reference: str, lang: str, paths: list[Path]) -> list[dict[str, Any]]:
    """The rows as the task's own function makes them, without those that it leaves out."""
    function = resolve(reference)
    try:
        return [made for row in rows if (made := function(row, lang)) is not None]
    except KeyError as error:
        raise MissingError(f"{paths[0]} has no column {error}.", todo="Check that these are the right data.") from error


def _read(paths: list[Path]) -> Any:
    import datasets
    from datasets import load_dataset

    datasets.disable_progress_bars()
    suffix = Path(paths[0].name.removesuffix(".gz")).suffix
    if suffix not in BUILDERS:
        raise MissingError(f"{paths[0]}: xh reads {', '.join(BUILDERS)}.", todo="Name a reader in the task's record.")
    if not any(path.stat().st_size for path in paths):
        return []
    options = {"delimiter": "\t"} if suffix == ".tsv" else {}
    try:
        return load_dataset(BUILDERS[suffix], data_files=[str(path) for path in paths], split="train", **options)
    except Exception as error:
        cause = error.__cause__ or error
        raise MissingError(
            f"{', '.join(map(str, paths))} can't be read.",
            why=f"{type(cause).__name__}: {str(cause).strip()[:200]}",
            todo="The file is empty, damaged or of another format; fetch it again.",
        ) from error


def _where(task: TaskSpec, split: str, lang: str) -> str:
    return f"{task.name} {split} {lang}"


def _columns(rows: Any, where: str) -> dict[str, list[Any]]:
    if hasattr(rows, "column_names"):
        try:
            return {name: list(column) for name, column in rows[:].items()}
        except UnicodeDecodeError as error:
            raise MissingError(f"{where} is no UTF-8.", why=str(error), todo="Save the files as UTF-8.") from error
    return {name: [row.get(name) for row in rows] for name in rows[0]} if rows else {}
