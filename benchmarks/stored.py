"""Entry point: `python benchmarks/stored.py [--items N …] [--rounds N] [--json FILE]`."""

import sys
from pathlib import Path

# Python puts the directory of a script on sys.path; the packages are found from the checkout.
sys.path[0] = str(Path(__file__).parents[1])

from benchmarks.growth import main  # noqa: E402  the line above finds it

if __name__ == "__main__":
    main()
