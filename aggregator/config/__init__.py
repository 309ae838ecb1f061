"""sources.yaml → Config, with every mistake as file:line:column; and the edit that adds a source.

The only place that reads the file. It never fetches, and never writes.
"""

from aggregator.config.edit import Addition, add_source
from aggregator.config.load import load, parse, warnings

__all__ = ["Addition", "add_source", "load", "parse", "warnings"]
