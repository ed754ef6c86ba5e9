"""``python -m xh``, which is also how ``accelerate launch -m xh`` starts it."""

import sys

from xh.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
