"""Edits of sources.yaml that pages of the admin side offer; the service carries them out."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from aggregator.config import Addition
from aggregator.model.finding import Finding


class Preview(Struct, frozen=True):
    """A feed before it is added: its address, its newest items with their dates, what it does badly."""

    address: str
    title: str
    count: int
    items: tuple[tuple[str, datetime | None], ...]
    findings: tuple[Finding, ...]


class Edits(Protocol):
    """Edits of sources.yaml. Each raises UsageError, ConfigError or OSError."""

    def pause(self, source: str, *, paused: bool) -> None:
        """Pause a source, or end its pause."""

    def add(self, addition: Addition) -> str:
        """Add a source; returns its id."""

    def preview(self, url: str) -> Awaitable[Preview]:
        """Return the feed at or behind an address."""
