"""Publicwire: an RSS, Atom and JSON Feed aggregator that republishes, corrects and withdraws."""

__version__ = "0.2.0"
