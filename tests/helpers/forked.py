"""Processes of ``xh`` that are forks of this one, which has torch already; new ones take three seconds more each."""

import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from xh.cli.main import main
from xh.engine import worker
from xh.engine.execute import prepare

STREAMS = ("stdin", "stdout", "stderr")


class Popen(subprocess.Popen[Any]):
    """As ``subprocess.Popen``, but its words are those behind ``xh``; workers are forks too."""

    run: Callable[[Sequence[str]], Any] = staticmethod(lambda words: main(list(words)))

    def _execute_child(
        self, args: Any, executable: Any, preexec_fn: Any, close_fds: Any, pass_fds: Any, cwd: Any, env: Any,
        startupinfo: Any, creationflags: Any, shell: Any, p2cread: int, p2cwrite: int, c2pread: int, c2pwrite: int,
        errread: int, errwrite: int, restore_signals: Any, gid: Any, gids: Any, uid: Any, umask: Any,
        start_new_session: bool, *more: Any,
    ) -> None:  # fmt: skip
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            if start_new_session:
                os.setsid()
            self._become(args, cwd, env, (p2cread, c2pwrite, errwrite))
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)

    def _become(self, words: Sequence[str], cwd: Any, env: Any, streams: Sequence[int]) -> None:
        """Be the new process until its end: its folder, variables, signals and streams, and none of our files."""
        code: Any = 1
        try:
            gc.freeze()  # what is ours is never cleared away here
            for number, stream in enumerate(streams):
                os.dup2(os.open(os.devnull, os.O_RDWR) if stream == -1 else stream, number)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            for name, number in zip(STREAMS, range(3), strict=True):
                setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if cwd is not None:
                os.chdir(cwd)
            if env is not None:
                os.environ.clear()
                os.environ.update(env)
            os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the threads of the tokenizers stayed behind
            prepare.cache_clear()
            worker._import.cache_clear()
            with patch("xh.engine.pool.subprocess", Forking):
                code = self.run(words)
        except SystemExit as end:
            code = end.code
        except BaseException:
            traceback.print_exc()
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code or 0)


class Worker(Popen):
    """A worker of the pool."""

    run = staticmethod(lambda words: worker.main())


class Forking:
    """What the pool takes of ``subprocess``."""

    Popen, PIPE, TimeoutExpired = Worker, subprocess.PIPE, subprocess.TimeoutExpired
