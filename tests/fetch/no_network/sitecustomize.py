"""On PYTHONPATH this forbids a process, and all that it starts, every socket to a network; ``NO_NETWORK_LOG`` tells."""

import os
import socket
import sys
from pathlib import Path

FAMILIES = (socket.AF_INET, socket.AF_INET6)
LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


def forbid(event: str, arguments: tuple[object, ...]) -> None:
    if event in LOOKUPS or (event == "socket.__new__" and arguments[1] in FAMILIES):
        with Path(os.environ["NO_NETWORK_LOG"]).open("a") as log:
            log.write(f"{event} {arguments[1:]}\n")
        raise PermissionError(f"{event}: this process may not use the network")


with Path(os.environ["NO_NETWORK_LOG"]).open("a") as log:
    log.write(f"watched {' '.join(sys.orig_argv[1:4])}\n")
sys.addaudithook(forbid)
