"""What can go wrong, said so that a user knows what to do next."""


class XhError(Exception):
    """An expected failure: what happened, why, and what to type next.

    ``exit_code`` is what the command line ends with (see ``docs/cli.md``).
    """

    exit_code = 1

    def __init__(self, what: str, *, why: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.todo = what, why, todo

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.todo) if part)


class StageError(XhError):
    """A stage could not do its work."""

    exit_code = 1


class UsageError(XhError):
    """The request itself is wrong: an unknown key, language, group, profile or value."""

    exit_code = 2


class UnavailableError(XhError):
    """A plugin or a task that the request names isn't there."""

    exit_code = 3


class AmbiguousError(XhError):
    """A name that two distributions claim."""

    exit_code = 4


class StorageError(XhError):
    """The store can't be read or written."""

    exit_code = 5


class MissingError(XhError):
    """Data or a model isn't where the request looks for it, or isn't what it should be."""

    exit_code = 6


UNPARSABLE = (ValueError, RecursionError)
"""What JSON and TOML parsers raise for a text that is none, and for one that is nested too deeply."""
EXIT_CODES = {error.__name__: error.exit_code for error in XhError.__subclasses__()}
INTERRUPTED = 130
NOBODY_READS = 141
"""As of a program that a closed pipe ends: 128 and the number of SIGPIPE."""


def did_you_mean(word: str, known: list[str]) -> str:
    """``Did you mean 'xnli'?``, or nothing where no known word is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
