"""sources.yaml → Config, every mistake as file:line:column; insertion of a source or user; a JSON Schema.

Only this package reads the file. It neither fetches nor writes.
"""

from aggregator.config.edit import Addition, add_source, add_user, checked, set_password
from aggregator.config.load import load, load_store, parse, text_of, unreachable, warnings

__all__ = [
    "Addition",
    "add_source",
    "add_user",
    "checked",
    "load",
    "load_store",
    "parse",
    "set_password",
    "text_of",
    "unreachable",
    "warnings",
]
