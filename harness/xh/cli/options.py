"""The options that ``run`` and ``plan`` share; a command gets them as one request."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import reduce, wraps
from typing import Any, get_args

import click
from click.core import ParameterSource

from xh.cli import complete
from xh.data.places import Places, is_folder, places
from xh.plan import Request
from xh.plan.recipes import parse_overrides, setting
from xh.plan.request import AXES, Keep, rows_at_most
from xh.results.filters import Filter
from xh.results.view import View

RANGE = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")
LANGUAGES = re.compile(r"[a-z]{2}(\+.*)?")


def words(text: str | None) -> tuple[str, ...]:
    """``"a, b"`` as ``("a", "b")``."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def _lists(ctx: click.Context, option: click.Parameter, texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for text in texts for word in _joined(_list(ctx, option, text)))


def _joined(parts: Iterable[str]) -> list[str]:
    """Languages after an ``@`` belong together: ``a@en,de,b`` is ``a@en,de`` and ``b``."""
    joined: list[str] = []
    for word in parts:
        if joined and "@" in joined[-1].rpartition("+")[2] and LANGUAGES.fullmatch(word):
            joined[-1] += f",{word}"
        else:
            joined.append(word)
    return joined


def _list(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[str, ...]:
    if text is not None and not words(text):
        raise click.BadParameter("it is empty.")
    return words(text)


def _numbers(ctx: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    """``"1,3-5"`` as 1, 3, 4, 5."""
    numbers: list[int] = []
    for word in words(text):
        match = RANGE.fullmatch(word)
        if not match or int(match[1]) > int(match[2] or match[1]):
            raise click.BadParameter(f"{text!r} is not a list of whole numbers; use e.g. 1,2,3 or 1-3.")
        numbers += range(int(match[1]), int(match[2] or match[1]) + 1)
    return tuple(dict.fromkeys(numbers))


def _share(text: str) -> int | float:
    """``"100"`` as rows, ``"10%"`` as a share."""
    try:
        limit = rows_at_most(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a number of rows; use e.g. 1000 or 10%.") from None
    if isinstance(limit, float) and not 0 < limit <= 1:
        raise click.BadParameter(f"{text!r} is not a share of the rows; use e.g. 10%, or 1000 for rows.")
    return limit


def _limit(ctx: click.Context, option: click.Parameter, text: str | None) -> int | float | None:
    return None if text is None else _share(text)


def _limits(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[int | float, ...]:
    return tuple(map(_share, _list(ctx, option, text)))


def _models(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[str, ...]:
    """Names in a list; a folder that exists is taken by its whole name, with commas in it too."""
    return (text,) if text is not None and is_folder(text) else _list(ctx, option, text)


def _axes(ctx: click.Context, option: click.Parameter, texts: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """``limit-target=100,10%`` as a field with its values."""
    axes: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        axis, equals, values = (part.strip() for part in text.partition("="))
        if not (equals and words(values)):
            raise click.BadParameter(f"{text!r} is not an axis with values; use e.g. limit-intermediate=100,10%.")
        if axis.startswith("limit"):
            axes[axis] = _limits(ctx, option, values)
        elif axis == "model":
            axes[axis] = _models(ctx, option, values)
        else:
            axes[axis] = words(values) if axis in AXES else tuple(map(setting, words(values)))
    return axes


def _places(ctx: click.Context, option: click.Parameter, texts: Iterable[str]) -> Places:
    if "" in texts:
        raise click.BadParameter("it is empty.")
    return places(*texts)


def _tasks(flag: str, completer: complete.Completer, text: str) -> Callable[..., Any]:
    """An option that takes lists of tasks."""
    return click.option(flag, multiple=True, callback=_lists, shell_complete=completer, metavar="TASK,…", help=text)


def _languages(text: str) -> Callable[..., Any]:
    """An option that takes a list of languages and groups of them."""
    return click.option("--langs", callback=_list, shell_complete=complete.languages, metavar="LANG,…", help=text)


OPTIONS = (
    _tasks("--inter", complete.intermediates, "Intermediate tasks; none: baseline."),
    _tasks("--target", complete.targets, "Targets, or groups: xtreme, all."),
    click.option(
        "--method",
        multiple=True,
        default=("none",),
        callback=_lists,
        shell_complete=complete.methods,
        metavar="METHOD,…",
        help="Methods of training; a+b: both; none: without.",
    ),
    click.option(
        "--profile",
        shell_complete=complete.profile_names,
        metavar="NAME",
        help="Encoder, data and recipes: mini, or one of tasks.toml.",
    ),
    click.option(
        "--model",
        callback=_models,
        shell_complete=complete.encoders,
        metavar="MODEL,…",
        help="Other encoders: a folder, a Hub id, or mini.",
    ),
    click.option(
        "--data",
        multiple=True,
        callback=_places,
        metavar="WHERE",
        help="hub, sample, or folders that hold the data sets; TASK=FOLDER for one task.",
    ),
    _languages("Only these languages of the targets, or groups: low, script:Arab, unseen."),
    click.option(
        "--train-lang",
        callback=_list,
        metavar="LANG,…",
        help="Train the targets in this language instead of English; each: in the one that is tested.",
    ),
    click.option(
        "--seeds",
        default="1",
        show_default=True,
        callback=_numbers,
        metavar="N,…",
        help="One run per seed: 1,2,3 or 1-3.",
    ),
    click.option("--runs", default="runs", show_default=True, metavar="DIR", help="Where finished stages are kept."),
    click.option(
        "--set",
        "overrides",
        multiple=True,
        callback=lambda ctx, option, texts: parse_overrides(texts),
        metavar="NAME.KEY=VALUE",
        help="Change a setting of a task's recipe, or of a method.",
    ),
    click.option(
        "--vary",
        multiple=True,
        callback=_axes,
        metavar="AXIS=V,…",
        help="Run with each of these values: limit-intermediate=1%,10%,100%, tatoeba.layer=0,4,8, …",
    ),
    click.option(
        "--limit-train", callback=_limits, metavar="ROWS,…", help="Train on this many rows at most, or on 10%."
    ),
    click.option(
        "--limit-intermediate", callback=_limits, metavar="ROWS,…", help="The same of intermediate tasks only."
    ),
    click.option("--limit-target", callback=_limits, metavar="ROWS,…", help="The same of targets only."),
    click.option(
        "--limit-eval",
        callback=_limit,
        metavar="ROWS",
        help="Evaluate on this many rows of each language at most, or on 10%.",
    ),
    click.option(
        "--no-baseline",
        "baseline",
        flag_value=False,
        default=True,
        help="Leave out the targets without intermediate training.",
    ),
    click.option(
        "--keep",
        type=click.Choice(get_args(Keep)),
        default="intermediate",
        show_default=True,
        help="The models to keep; by default those of finished targets are deleted. Scores and predictions stay.",
    ),
    click.option(
        "--force",
        multiple=True,
        callback=_lists,
        metavar="STAGE|TASK,…",
        help="Make these stages, or these tasks' stages, again, and all that depend on them.",
    ),
    click.option(
        "--engine",
        default="local",
        show_default=True,
        shell_complete=complete.engines,
        metavar="NAME",
        help="The engine that runs the stages.",
    ),
    click.option("--device", default="auto", show_default=True, metavar="D", help="cpu, cuda, or cuda:N for one GPU."),
    click.option("--offline", is_flag=True, help="Open no connection; use what is cached."),
    click.option("--trust-remote-code", is_flag=True, help="Run code that comes with a model; this is recorded."),
)


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a request; it is called with ``request`` and its other options."""
    return _gathered(command, OPTIONS, "request", _request, Request.__struct_fields__)


def study_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same options for a command that is called with ``given``: the fields of a request that were typed."""
    return _gathered(command, OPTIONS, "given", _given, Request.__struct_fields__)


def _given(**values: Any) -> dict[str, Any]:
    source = click.get_current_context().get_parameter_source
    return _fields({name: value for name, value in values.items() if source(name) is not ParameterSource.DEFAULT})


def _request(**values: Any) -> Request:
    return Request(**_fields(values))


def _fields(values: dict[str, Any]) -> dict[str, Any]:
    """Options as fields of a request: those that have several values are axes."""
    several = {axis: name for axis, name in AXES.items() if name != "method" and name in values}
    axes = {axis: values[name] for axis, name in several.items() if len(values[name]) > 1}
    single = {name: next(iter(values[name]), None) for axis, name in several.items() if axis not in axes}
    vary = axes | values.get("vary", {})
    others = {name: value for name, value in values.items() if name not in several.values()}
    return others | single | ({"vary": vary} if vary else {})


FILTERS = (
    _tasks("--inter", complete.intermediates, "Only these intermediate tasks."),
    _tasks("--target", complete.targets, "Only these targets, or groups."),
    click.option(
        "--method",
        callback=_list,
        shell_complete=complete.methods,
        metavar="METHOD,…",
        help="Only these methods; none: without.",
    ),
    click.option(
        "--model", callback=_list, shell_complete=complete.encoders, metavar="MODEL,…", help="Only these encoders."
    ),
    _languages("Only these languages, or groups; averages are over them."),
    click.option("--seed", default="", callback=_numbers, metavar="N,…", help="Only these seeds."),
)
VIEWS = (
    click.option(
        "--view",
        "views",
        multiple=True,
        metavar="VIEW",
        help="Instead of tables and curves: table, heatmap, curve:AXIS, contrast:GROUP,GROUP, gap, …",
    ),
    click.option("--ci", is_flag=True, help="Show the 95% interval over examples beside each difference."),
    click.option("--notes", is_flag=True, help="Show all notes in full."),
)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose among results; it is called with ``wanted``."""
    return _gathered(command, FILTERS, "wanted", Filter, Filter.__struct_fields__)


def view_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of how results are shown; it is called with ``view``."""
    return _gathered(command, VIEWS, "view", View, ("views", "ci", "notes"))


def _gathered(
    command: Callable[..., Any],
    options: Sequence[Callable[..., Any]],
    name: str,
    record: Callable[..., Any],
    fields: Sequence[str],
) -> Callable[..., Any]:
    @wraps(command)
    def called(**values: Any) -> Any:
        found = record(**{field: values.pop(field) for field in fields})
        return command(**values, **{name: found})

    return reduce(lambda function, option: option(function), reversed(options), called)
