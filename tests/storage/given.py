"""Stored sources, stories and transitions for the contract tests of the storage."""

import hashlib
from datetime import datetime

from msgspec.structs import replace

from aggregator.model.decision import Trigger
from aggregator.model.entry import Entry
from aggregator.model.poll import Claim
from aggregator.model.stored import Stored
from aggregator.policy.lifecycle import step
from aggregator.storage import Storage
from tests.given import HOUR, MINUTE, NOON, SourceDriver, all_items, config, entry, source


def given_origin(storage: Storage, name: str = "ministry", **settings: object) -> SourceDriver:
    """A configured source, first import behind it, so that old items are no backlog."""
    of = source(name, **settings)
    known = [feed for feed in storage.items.feeds() if feed.configured and feed.id != name]
    storage.admin.sync(config(*(source(feed.id, topics=feed.topics) for feed in known), of), NOON)
    origin = SourceDriver(storage, of)
    origin.says(now=NOON - HOUR)
    return origin


def given_story(storage: Storage) -> tuple[Stored, Stored]:
    """One release by two organisations: the ministry leads, the agency joined it."""
    ministry, agency = source("ministry"), source("agency", domains=("ministry.example",))
    storage.admin.sync(config(ministry, agency), NOON)
    body = "<p>" + "the bridge is open again after nine months of careful work by many hands " * 3 + "</p>"
    for of, guid in ((ministry, "m1"), (agency, "a1")):
        origin = SourceDriver(storage, of)
        origin.says(now=NOON - HOUR)
        origin.says(entry("Bridge open", guid, "https://ministry.example/bridge", body=body))
    lead, member = all_items(storage)
    return lead, member


def claimed(storage: Storage, name: str = "ministry", now: datetime = NOON) -> Claim:
    """Return the claim of a source."""
    (claim,) = storage.polls.claim(now, limit=1, lease=HOUR, ids=[name])
    return claim


def move(storage: Storage, stored: Stored, trigger: Trigger) -> None:
    storage.acts.apply_transitions([step(stored, trigger, reason="test", actor="tester", at=NOON + MINUTE)])


def again(storage: Storage, stored: Stored) -> Stored:
    found = storage.items.find(stored.id)
    assert found is not None
    return found


def translated(said: Entry, language: str) -> Entry:
    """Return an entry with another language, which is read anew."""
    digest = hashlib.blake2b(said.digest + language.encode(), digest_size=16).digest()
    return replace(said, language=language, digest=digest)
