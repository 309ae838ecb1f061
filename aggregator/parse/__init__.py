"""Parse the bytes of a feed document into a Document: bytes decide its format and encoding, headers second.

No clock, file or network: external entities (XXE) are never fetched. `parse` returns or raises ParseError.
"""

from aggregator.errors import Cause, ParseError
from aggregator.model.document import TEXT_BYTES_MAX, Document


def parse(
    body: bytes,
    *,
    content_type: str,
    url: str,
    seen: frozenset[bytes] = frozenset(),
    pipeline_version: bytes = b"",
    text_bytes_max: int = TEXT_BYTES_MAX,
) -> Document:
    """Return the document found at `url` with its entries whose raw digest is not in `seen`.

    `pipeline_version` identifies everything besides the document that shapes items: digests made with another
    version never match. `text_bytes_max` bounds its text in UTF-8, entities expanded. Raises ParseError with
    cause "not-a-feed" or "limit".
    """
    from aggregator.parse import jsonfeed, sniff  # the service itself reads Link headers alone

    text = sniff.recognise(body, content_type, text_bytes_max)
    try:
        if not text.root:
            return jsonfeed.read(text.value, url, seen, pipeline_version=pipeline_version)
        from aggregator.parse import xml  # importing feedparser costs 60 ms; JSON Feeds do not need it

        return xml.read(text, url, seen, pipeline_version=pipeline_version)
    except ParseError:
        raise
    except (MemoryError, RecursionError) as error:
        raise ParseError("the document needs more memory than a worker may use", cause=Cause.LIMIT) from error
    except Exception as error:  # feedparser's loose parser fails in many ways on hostile input
        raise ParseError(
            f"the document cannot be read as a feed ({error})", cause=Cause.NOT_A_FEED
        ) from error
