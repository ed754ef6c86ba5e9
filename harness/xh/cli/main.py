"""The ``xh`` command: finds the command of that name, and turns every outcome into an exit code."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from xh.cli import streams
from xh.cli.output import explain, visible
from xh.engine import launch
from xh.plugins import registry
from xh.plugins.manager import reason
from xh.spec import CommandSpec, StorageError, UnavailableError, UsageError, XhError
from xh.spec.errors import INTERRUPTED, NOBODY_READS
from xh.spec.reference import resolve
from xh.store.files import DISK, storage_error
from xh.version import __version__


class Options(Struct):
    """The options that stand before the command, and all that was ``typed``."""

    debug: bool = False
    typed: tuple[str, ...] = ()


class Commands(click.Group):
    """The commands of all plugins. One is imported when it is called, none for the list of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return [name for name, _ in registry().commands]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of this name, imported."""
        commands = registry().commands
        return _imported(commands.get(name)) if name in commands else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, with the nearest names for a word that is no command."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx) from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> Any:
        """The commands by their records, none of which is imported, or the options that stand before them."""
        from click.shell_completion import CompletionItem

        named = ((name, claim.record.title) for name, claim in registry().commands)
        found = [CompletionItem(name, help=title) for name, title in named if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in ``xh --help``, from their records."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, claim.record.title) for name, claim in registry().commands])

    def invoke(self, ctx: click.Context) -> None:
        """Run a command; what it returns is no exit code."""
        try:
            Path.cwd()
        except FileNotFoundError as error:
            raise UsageError("The current folder has been removed.", todo="Change to another one (cd).") from error
        try:
            super().invoke(ctx)
        except BrokenPipeError as error:
            if (stream := streams.failing(error)) is None:
                raise
            streams.drop(stream)
            ctx.exit(NOBODY_READS)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="xh %(version)s")
@click.option("--debug", is_flag=True, envvar="XH_DEBUG", help="Show the traceback of an error (or set XH_DEBUG=1).")
@click.pass_obj
def group(options: Options, debug: bool) -> None:
    """Does training on an English task first make an encoder better in forty other languages?

    xh runs the three phases of Phang et al. 2020 over XTREME; every task is a plugin. To try it, under two minutes:

    xh run --inter squad --target bucc
    """
    options.debug = debug


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (see ``docs/cli.md``)."""
    streams.ready()
    if not launch.first():
        return 0
    options = Options(typed=("xh", *(sys.argv[1:] if arguments is None else arguments)))
    colour = False if "NO_COLOR" in os.environ else None
    try:
        code = group.main(arguments, "xh", standalone_mode=False, obj=options, color=colour)
    except Exception as error:
        return _failed(error, options.debug)
    return code if isinstance(code, int) else 0


def _failed(error: Exception, debug: bool) -> int:
    """Say on stderr what went wrong; returns the exit code."""
    if isinstance(error, OSError):
        error = _storage(error)
    try:
        _explain(error, debug)
    except OSError:  # nor can it be said
        streams.drop(sys.stderr)
    return INTERRUPTED if isinstance(error, click.Abort) else getattr(error, "exit_code", 1)


def _storage(error: OSError) -> Exception:
    """What to say of a stream or a file that can't be used; any other error as it is."""
    if stream := streams.failing(error):
        streams.drop(stream)
        todo = "Redirect it elsewhere, or free some space. Finished stages are in the store (xh report)."
        name = "Standard output" if stream.fileno() == 1 else "Standard error"
        return StorageError(f"{name} can't be written.", why=str(error), todo=todo)
    if error.errno in DISK and error.filename:
        return storage_error(error, Path(os.fsdecode(error.filename)))
    if error.filename:
        name = os.fsdecode(error.filename)
        return StorageError(f"{name} can't be used.", why=error.strerror or str(error), todo="Choose another path.")
    return error


def _explain(error: Exception, debug: bool) -> None:
    if isinstance(error, click.Abort):
        click.echo("Interrupted.", err=True)
        return
    if isinstance(error, click.ClickException):
        error.show()
        return
    if debug:
        _traceback(error)
    if isinstance(error, XhError):
        explain(error)
        return
    what = visible(reason(error))
    click.echo(f"This is a bug in xh or a plugin: {what} (xh --debug … shows the traceback)", err=True)


def _traceback(error: Exception) -> None:
    import traceback

    click.echo("".join(traceback.format_exception(error)), err=True)


def _imported(spec: CommandSpec) -> click.Command:
    try:
        command: click.Command = resolve(spec.command)
        if not isinstance(command, click.Command):
            raise TypeError(f"{spec.command} is not a click command")
    except Exception as error:
        todo = "Repair or upgrade its plugin; xh plugins shows them all."
        raise UnavailableError(f"The command {spec.name!r} can't be loaded.", why=reason(error), todo=todo) from error
    return command
