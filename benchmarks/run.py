"""Entry point: `python benchmarks/run.py [--repeat N] [--only NAME] [--json FILE]`."""

import sys
from pathlib import Path

# Python puts the directory of a script on sys.path; the packages are found from the checkout.
sys.path[0] = str(Path(__file__).parents[1])

from benchmarks.compare import main  # noqa: E402  the line above finds it

if __name__ == "__main__":
    main()
