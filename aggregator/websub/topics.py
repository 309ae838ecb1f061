"""Topics of the own hub: addresses of the documents of fixed channels ↔ channel and format. Pure."""

from urllib.parse import quote, unquote

from aggregator.model import Topic
from aggregator.model.format import Format

SECTIONS = ("topics", "sources", "languages")  # a search is no fixed channel


def address(topic: Topic, publication_url: str) -> str:
    """Return the address of a document, which is its self link."""
    path = f"{quote(topic.channel)}/" if topic.channel else ""
    return f"{publication_url}{path}feed.{topic.kind}"


def topic_of(url: str, publication_url: str) -> Topic | None:
    """Return the topic of an address, whether its channel exists or not; None for a foreign address."""
    if not url.startswith(publication_url):
        return None
    path, _, file = url.removeprefix(publication_url).rpartition("/")
    name, kind = unquote(path), file.removeprefix("feed.")
    section, _, choice = name.partition("/")
    is_fixed = not path or (section in SECTIONS and choice != "" and "/" not in choice)
    if not is_fixed or not file.startswith("feed.") or kind not in tuple(Format):
        return None
    return Topic(name, Format(kind))
