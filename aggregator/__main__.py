"""`python -m aggregator`: the same as the command `publicwire`."""

from aggregator.cli import main

if __name__ == "__main__":
    main()
