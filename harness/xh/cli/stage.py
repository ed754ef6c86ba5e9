"""``xh stage``: single stages, as jobs of a queueing system."""

from pathlib import Path
from typing import BinaryIO

import click

from xh.engine import alone
from xh.engine.worker import Order, private_stdout, said
from xh.spec import UsageError


@click.group("stage")
def command() -> None:
    """Run single stages, as jobs of a queueing system do."""


@command.command("run")
@click.argument("file", type=click.File("rb"), metavar="FILE")
@click.pass_context
def ran(ctx: click.Context, file: BinaryIO) -> None:
    """Run a stage that was written into FILE (- is standard input), as xh plan --format sbatch does.

    What happens is printed as JSON lines. The stage's parent must be in the store. On SIGUSR1 the stage clears away,
    and its Slurm job is queued again.
    """
    try:
        order = Order.of(file.read())
        Path(order.locations.store).resolve()  # a name with a null character
    except (ValueError, RecursionError) as error:
        todo = "xh plan --format sbatch writes stages."
        raise UsageError(f"{file.name} holds no stage.", why=str(error), todo=todo) from error
    out = private_stdout()
    ctx.exit(alone.run(order, lambda event: said(out, event)))
