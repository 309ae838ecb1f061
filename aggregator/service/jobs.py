"""The job of a worker for a fetched document. Neither fetches nor reads it."""

from datetime import datetime

from msgspec.structs import replace

from aggregator.model.document import Fetched, ReadJob
from aggregator.model.settings import Source
from aggregator.policy import poll_result


def read_job(
    fetched: Fetched,
    source: Source,
    now: datetime,
    *,
    max_bytes: int,
    seen: frozenset[bytes] = frozenset(),
    pinned_title: str = "",
) -> ReadJob:
    """Return the worker job that reads a fetched document; entries with a digest in `seen` are skipped.

    `pinned_title`, of the first import, is the organisation that the configuration does not name. The text of
    the document may have twice `max_bytes`: a byte of another encoding is two in UTF-8.
    """
    return ReadJob(
        body=fetched.body or b"",
        content_type=fetched.content_type,
        url=fetched.url,
        source=replace(source, organisation=source.organisation or pinned_title),
        seen=seen,
        pipeline_version=poll_result.pipeline_version_of(source),
        now=now,
        text_bytes_max=2 * max_bytes,
    )
