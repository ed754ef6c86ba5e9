"""What a user's environment must not leave in records, reports and error texts: home folders and secrets."""

import re
from pathlib import Path

SECRETS = re.compile(
    r"(?P<name>(?i:token|api[_-]?key|password|passwd|secret)\s*[=:]\s*)[^\s,;'\"]+"
    r"|(?P<scheme>\w+://)[^/\s@]+(?=@)"
    r"|\b(?:hf|sk|gh[a-z]|github_pat|glpat|xox[a-z])[_-][\w-]{16,}"
    r"|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])\w{32,}\b"
)
HIDDEN = "***"


def tilde(text: str) -> str:
    """A text with ``~`` for the user's home folder."""
    home = str(Path.home())
    return text if len(home) < 2 else re.sub(rf"(?<![\w.~-]){re.escape(home)}(?![\w.-])", "~", text)


def discreet(text: str) -> str:
    """A text with ``~`` for the user's home folder, and ``***`` for what looks like a token or a password."""
    return SECRETS.sub(lambda found: f"{found['name'] or found['scheme'] or ''}{HIDDEN}", tilde(text))


def printable(name: str) -> str:
    """A name as text that every file and terminal takes: bytes of it that are no UTF-8 as ``\\udcff``."""
    return name.encode("utf-8", "backslashreplace").decode()
