"""Entry point of `python -m aggregator`: runs the command `publicwire`."""

from aggregator.cli import main

if __name__ == "__main__":
    main()
