"""Entry point of a checkout: runs the command `publicwire`."""

from aggregator.cli import main

if __name__ == "__main__":
    main()
