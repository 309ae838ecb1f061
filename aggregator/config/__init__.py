"""sources.yaml → Config, every mistake as file:line:column; insertion of a source; a JSON Schema for editors.

Only this package reads the file. It neither fetches nor writes.
"""

from aggregator.config.edit import Addition, add_source, checked
from aggregator.config.load import load, load_store, parse, text_of, warnings

__all__ = ["Addition", "add_source", "checked", "load", "load_store", "parse", "text_of", "warnings"]
