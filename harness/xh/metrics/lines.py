"""How the official reader splits a label or prediction file into lines."""

import io


def read_lines(text: str) -> list[str]:
    """Return the lines of a file's text without their line ends.

    Lines end at LF, CR LF or CR only, as in Python's text files, so U+2028 and its like stay inside a line. A blank
    line is a line; the end of the last line may be missing.

    Source: XTREME `evaluate.py`, `read_label`.
    """
    return [line.rstrip("\n") for line in io.StringIO(text, newline=None)]
