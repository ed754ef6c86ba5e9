"""``python -m xh``, which is also how ``accelerate launch -m xh`` starts it."""

import os
import sys
from contextlib import suppress

with suppress(FileNotFoundError):  # the folder was removed
    if not sys.flags.safe_path and sys.path[0] == os.getcwd():  # noqa: PTH109
        del sys.path[0]  # what lies in the user's folder may be called like a library

from xh.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
