"""Scheduler and workers of Dask that open no port for HTTP: nobody asked for one, and TLS does not cover it."""

from typing import Any

import distributed


class Scheduler(distributed.Scheduler):
    """As Dask's own; with a ``dashboard_address`` it serves a dashboard there."""

    def start_http_server(self, routes: Any, dashboard_address: str | None, *more: Any, **options: Any) -> None:
        """Serve only what was asked for."""
        if dashboard_address:
            super().start_http_server(routes, dashboard_address, *more, **options)


class Worker(distributed.Worker):
    """As Dask's own."""

    def start_http_server(self, *arguments: Any, **options: Any) -> None:
        """Serve nothing."""
