"""``python -m hvtui``: the same as the command ``hvtui``."""

import sys

from hvtui.cli import main

if __name__ == "__main__":
    sys.exit(main())
