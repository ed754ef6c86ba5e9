"""The options that ``run`` and ``plan`` share; a command gets them as one request."""

from collections.abc import Callable, Sequence
from functools import reduce, wraps
from typing import Any, get_args

import click
from click.core import ParameterSource

from xh.cli import complete, values
from xh.plan import Request
from xh.plan.engines import parse_settings
from xh.plan.recipes import parse_overrides
from xh.plan.request import AXES, Keep
from xh.results.filters import Filter
from xh.results.view import View


def _tasks(flag: str, completer: complete.Completer, text: str) -> Callable[..., Any]:
    """An option that takes lists of tasks."""
    return click.option(
        flag, multiple=True, callback=values.lists, shell_complete=completer, metavar="TASK,…", help=text
    )


def _languages(text: str, *others: str) -> Callable[..., Any]:
    """An option that takes a list of languages and groups of them."""
    return click.option(
        "--langs", *others, callback=values.one_list, shell_complete=complete.languages, metavar="LANG,…", help=text
    )


OPTIONS = (
    _tasks("--inter", complete.intermediates, "Intermediate tasks; none: baseline."),
    _tasks("--target", complete.targets, "Targets, or groups: xtreme, xtreme-r, all."),
    click.option(
        "--method",
        multiple=True,
        default=("none",),
        callback=values.lists,
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
        callback=values.models,
        shell_complete=complete.encoders,
        metavar="MODEL,…",
        help="Other encoders: a folder, a Hub id, or mini.",
    ),
    click.option(
        "--data",
        multiple=True,
        callback=values.data_places,
        metavar="WHERE",
        help="hub, sample, or folders that hold the data sets; TASK=FOLDER for one task.",
    ),
    _languages("Only these languages of the targets, or groups: low, script:Arab, unseen."),
    click.option(
        "--train-lang",
        callback=values.one_list,
        metavar="LANG,…",
        help="Train the targets in this language instead of English; each: in the one that is tested.",
    ),
    click.option(
        "--seeds",
        default="1",
        show_default=True,
        callback=values.numbers,
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
        callback=values.axes,
        metavar="AXIS=V,…",
        help="Run with each of these values: limit-intermediate=1%,10%,100%, tatoeba.layer=0,4,8, …",
    ),
    click.option(
        "--limit-train", callback=values.limits, metavar="ROWS,…", help="Train on this many rows at most, or on 10%."
    ),
    click.option(
        "--limit-intermediate", callback=values.limits, metavar="ROWS,…", help="The same of intermediate tasks only."
    ),
    click.option("--limit-target", callback=values.limits, metavar="ROWS,…", help="The same of targets only."),
    click.option(
        "--limit-eval",
        callback=values.limit,
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
        "--similarity",
        callback=values.one_list,
        shell_complete=complete.measures,
        metavar="MEASURE,…",
        help="Measure how similar intermediate tasks and targets are: textemb, logme, cka.",
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
        callback=values.lists,
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
    click.option(
        "--engine-set",
        "engine_settings",
        multiple=True,
        callback=lambda ctx, option, texts: parse_settings(texts),
        metavar="KEY=VALUE",
        help="Change a setting of the engine, such as cluster=local of dask.",
    ),
    click.option(
        "--log",
        callback=values.one_list,
        shell_complete=complete.trackers,
        metavar="TRACKER,…",
        help="Log losses, scores and results to tensorboard, wandb, mlflow or trackio.",
    ),
    click.option("--device", default="auto", show_default=True, metavar="D", help="cpu, cuda, or cuda:N for one GPU."),
    click.option(
        "--jobs",
        default="1",
        show_default=True,
        callback=values.jobs,
        metavar="N",
        help="Stages that run side by side; auto: one for each GPU, or as many as cores and memory allow.",
    ),
    click.option(
        "--gpus-per-stage",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        metavar="N",
        help="GPUs that a training may have: where others are idle, or where one is too small.",
    ),
    click.option("--offline", is_flag=True, help="Open no connection; use what is cached."),
    click.option("--trust-remote-code", is_flag=True, help="Run code that comes with a model; this is recorded."),
)


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a request; it is called with ``request`` and its other options."""
    return _gathered(command, OPTIONS, "request", _request, Request.__struct_fields__)


def study_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same options for a command that is called with ``given``: the fields of a request that were typed."""
    return _gathered(command, OPTIONS, "given", _given, Request.__struct_fields__)


def _given(**typed: Any) -> dict[str, Any]:
    source = click.get_current_context().get_parameter_source
    return _fields({name: value for name, value in typed.items() if source(name) is not ParameterSource.DEFAULT})


def _request(**typed: Any) -> Request:
    return Request(**_fields(typed))


def _fields(typed: dict[str, Any]) -> dict[str, Any]:
    """Options as fields of a request: those with several values are axes."""
    several = {axis: name for axis, name in AXES.items() if name != "method" and name in typed}
    axes = {axis: typed[name] for axis, name in several.items() if len(typed[name]) > 1}
    single = {name: next(iter(typed[name]), None) for axis, name in several.items() if axis not in axes}
    vary = axes | typed.get("vary", {})
    others = {name: value for name, value in typed.items() if name not in several.values()}
    return others | single | ({"vary": vary} if vary else {})


COLUMNS = (
    _tasks("--inter", complete.intermediates, "Only these intermediate tasks."),
    click.option(
        "--method",
        callback=values.one_list,
        shell_complete=complete.methods,
        metavar="METHOD,…",
        help="Only these methods; none: without.",
    ),
)
TABLES = (
    _tasks("--target", complete.targets, "Only these targets, or groups."),
    click.option(
        "--model",
        callback=values.one_list,
        shell_complete=complete.encoders,
        metavar="MODEL,…",
        help="Only these encoders.",
    ),
    _languages("Only these languages, or groups; averages are over them.", "--lang"),
    click.option("--seed", default="", callback=values.numbers, metavar="N,…", help="Only these seeds."),
)
VIEWS = (
    click.option(
        "--view",
        "views",
        multiple=True,
        metavar="VIEW",
        shell_complete=complete.views,
        help="Instead of tables and curves: table, heatmap, curve:AXIS, contrast:GROUP,GROUP, gap, scatter, sparkline, "
        "layers.",
    ),
    click.option(
        "--by", default="", metavar="AXIS", help="Tables of their own for each value: model, limit-intermediate, …"
    ),
    click.option("--ci", is_flag=True, help="Show the 95% interval over examples beside each difference."),
    click.option("--notes", is_flag=True, help="Show all notes in full."),
)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose among results; it is called with ``wanted``."""
    return _gathered(command, (*COLUMNS, *TABLES), "wanted", Filter, Filter.__struct_fields__)


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same without those that choose columns, each as an argument of its own."""
    return reduce(lambda function, option: option(function), reversed(TABLES), command)


def view_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of how results are shown; it is called with ``view``."""
    return _gathered(command, VIEWS, "view", View, ("views", "by", "ci", "notes"))


def _gathered(
    command: Callable[..., Any],
    options: Sequence[Callable[..., Any]],
    name: str,
    record: Callable[..., Any],
    fields: Sequence[str],
) -> Callable[..., Any]:
    @wraps(command)
    def called(**typed: Any) -> Any:
        found = record(**{field: typed.pop(field) for field in fields})
        return command(**typed, **{name: found})

    return reduce(lambda function, option: option(function), reversed(options), called)
