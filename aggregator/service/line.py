"""The poll pipeline and its clients, put together by `service.app`."""

from collections.abc import Callable
from dataclasses import dataclass

from aggregator.fetch.client import Client
from aggregator.service.pipeline import Pipeline
from aggregator.service.writer import Writer
from aggregator.storage import Storage
from aggregator.workers.pool import WorkerPool


@dataclass(frozen=True, slots=True)
class Line:
    """`client()` is the HTTP client for the present configuration."""

    storage: Storage
    pipeline: Pipeline
    write: Writer
    client: Callable[[], Client]
    readers: WorkerPool
