"""The engine ``dask``: stages on the workers of a Dask scheduler, here, on a cluster that it starts, or on one that is
there."""

from xh.api import EngineSpec, hookimpl

SETTINGS: dict[str, object] = {"cluster": "local", "arguments": {}, "dashboard": "", "tls": {}}
"""``cluster``: local, a scheduler's address (``tls://host:8786``), or a class of dask-jobqueue (``SLURMCluster``) that
gets the ``arguments``. ``dashboard``: where to serve Dask's own, as ``127.0.0.1:8787``; empty is nowhere. ``tls``: the
files ``ca``, ``cert`` and ``key`` for a scheduler that is there; others get certificates of the run's own."""


@hookimpl
def xh_engines() -> list[EngineSpec]:
    title = "Dask workers: on this machine, of a scheduler, or jobs on Slurm, PBS, LSF and others"
    run, check = "xh_dask.engine:run", "xh_dask.check:check"
    return [EngineSpec(name="dask", run=run, title=title, check=check, settings=SETTINGS)]
