"""A Publicwire that reads a Publicwire: what the one withdraws, the other withdraws."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.model.decision import State, Trigger
from aggregator.model.document import ReadJob
from aggregator.policy.lifecycle import step
from aggregator.policy.poll_result import pipeline_version_of
from aggregator.publish.publisher import Publisher
from aggregator.render import Format
from aggregator.service.origin_steps import OriginSteps
from aggregator.service.releases import Releases
from aggregator.storage import Storage
from aggregator.workers.job import work
from tests.engines import open_storage
from tests.given import DAY, HOUR, NOON, SourceDriver, all_items, config, entry, recorded, source

pytestmark = pytest.mark.usefixtures("engine")

MINISTRY, PORTAL = source("ministry"), source("portal", feed="https://releases.example/feed.atom")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Storage, Storage]]:
    """The store that publishes, and the one that reads what it publishes."""
    with ExitStack() as stack:
        upstream, downstream = (
            stack.enter_context(closing(open_storage(tmp_path / name))) for name in ("up", "down")
        )
        upstream.admin.sync(config(MINISTRY), NOON)
        downstream.admin.sync(config(PORTAL), NOON)
        yield upstream, downstream


def polled(upstream: Storage, downstream: Storage, kind: Format, now: datetime) -> None:
    """Poll the merged feed of one by the other."""
    document = Publisher(upstream, lambda: config(MINISTRY)).document("", kind)
    assert document is not None
    (claim,) = downstream.polls.claim(now, limit=1, lease=HOUR, ids=["portal"])
    seen, version = frozenset(digest for digest, _ in claim.seen), pipeline_version_of(PORTAL)
    read = work(ReadJob(document.body, document.media_type, PORTAL.feed, PORTAL, seen, version, now))
    recorded(downstream, claim, PORTAL, read, now)
    OriginSteps(downstream.origins).all(now)
    Releases(downstream).all(now)


def decide(storage: Storage, title: str, trigger: Trigger, now: datetime) -> None:
    (item,) = (each for each in all_items(storage) if each.item.title == title)
    storage.acts.apply_transitions([step(item, trigger, reason="a test", actor="tester", at=now)])


def states(storage: Storage) -> dict[str, State]:
    return {each.item.title: each.state for each in all_items(storage)}


@pytest.mark.parametrize("kind", Format)
def test_what_is_withdrawn_upstream_is_withdrawn_here_and_its_stub_is_no_edit(
    stores: tuple[Storage, Storage], kind: Format
) -> None:
    upstream, downstream = stores
    origin = SourceDriver(upstream, MINISTRY)
    origin.says(*(entry(name, name, f"https://ministry.example/{name}") for name in ("Bridge", "Ferry")))
    polled(upstream, downstream, kind, NOON + HOUR)
    assert states(downstream) == {"Bridge": State.LIVE, "Ferry": State.LIVE}
    decide(upstream, "Bridge", Trigger.WITHDRAW, NOON + 2 * HOUR)
    for hour in (3, 4):
        polled(upstream, downstream, kind, NOON + hour * HOUR)
        assert states(downstream) == {"Bridge": State.WITHDRAWN, "Ferry": State.LIVE}
    assert all(downstream.items.corrections(each.number) == () for each in all_items(downstream))


@pytest.mark.parametrize("kind", Format)
def test_what_was_withdrawn_before_the_first_poll_is_never_published(
    stores: tuple[Storage, Storage], kind: Format
) -> None:
    upstream, downstream = stores
    SourceDriver(upstream, MINISTRY).says(entry("Bridge", "b", "https://ministry.example/bridge"))
    decide(upstream, "Bridge", Trigger.WITHDRAW, NOON + HOUR)
    polled(upstream, downstream, kind, NOON + DAY)
    assert downstream.items.select("") == ()
