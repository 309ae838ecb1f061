"""Topics of the own hub: the documents of fixed channels and of withdrawals, and their addresses."""

from urllib.parse import quote, unquote

from aggregator.model.format import Format
from aggregator.model.push import WITHDRAWALS, Topic
from aggregator.publish.document import Published
from aggregator.publish.publisher import Publisher

SECTIONS = ("topics", "sources", "languages")  # a search is no fixed channel


def address(topic: Topic, publication_url: str) -> str:
    """Return the address of a document, which is its self link."""
    if topic.channel == WITHDRAWALS:
        return f"{publication_url}{WITHDRAWALS}.{topic.kind}"
    path = f"{quote(topic.channel)}/" if topic.channel else ""
    return f"{publication_url}{path}feed.{topic.kind}"


def topics(channel: str) -> tuple[Topic, ...]:
    """Return every topic of a channel."""
    kinds = (Format.ATOM, Format.JSON) if channel == WITHDRAWALS else tuple(Format)
    return tuple(Topic(channel, kind) for kind in kinds)


def topic_of(url: str, publication_url: str) -> Topic | None:
    """Return the topic of an address, whether its channel exists or not; None for a foreign address."""
    if not url.startswith(publication_url):
        return None
    path, _, file = url.removeprefix(publication_url).rpartition("/")
    stem, _, kind = file.partition(".")
    name = unquote(path)
    section, _, choice = name.partition("/")
    is_fixed = not path or (section in SECTIONS and choice != "" and "/" not in choice)
    if not is_fixed or kind not in tuple(Format):
        return None
    if stem == WITHDRAWALS and not path:
        return Topic(WITHDRAWALS, Format(kind))
    return Topic(name, Format(kind)) if stem == "feed" else None


def document(publisher: Publisher, topic: Topic) -> Published | None:
    """Return the present document of a topic; None when there is none, as of withdrawals in RSS."""
    if topic.channel == WITHDRAWALS:
        return publisher.withdrawals.current(topic.kind)
    return publisher.document(topic.channel, topic.kind)
