"""What ``python -m mig`` runs: the same as the command ``mig``."""

from __future__ import annotations

import sys

from mig.cli import main

if __name__ == "__main__":
    sys.exit(main())
