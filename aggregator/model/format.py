"""Formats of published documents."""

from enum import StrEnum


class Format(StrEnum):
    """Formats of documents, by the names that their addresses end with. The values are stored."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """Return the value of Content-Type."""
        if self is Format.JSON:
            return "application/feed+json"  # always UTF-8 (RFC 8259 section 8.1)
        return f"application/{self}+xml; charset=utf-8"
