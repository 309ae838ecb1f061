"""Copies of images: noted, recorded, served while their release is live, and gone with it."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.decision import Trigger
from aggregator.model.image import Drawn, ImageCopy, ImageFetch, Images, ImageState, Pictured
from aggregator.model.settings import Republish, Retention
from aggregator.model.stored import Stored
from aggregator.model.websub import TaskKind
from aggregator.storage import Storage
from aggregator.storage.sql.engine import read
from tests.engines import open_storage
from tests.given import DAY, NOON, SourceDriver, all_items, config, entry, source
from tests.storage.given import move

pytestmark = pytest.mark.usefixtures("engine")

BODY = b"RIFF....WEBPVP8 bridge"
DRAWN = Drawn(ImageState.COPIED, BODY, 40, 30)
DIGEST = hashlib.blake2b(BODY, digest_size=16).hexdigest()
A, B = "https://origin.example/a.jpg", "https://cdn.example/b.jpg"
OF = source("ministry")
KINDS = (TaskKind.IMAGE, TaskKind.IMAGES)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    with closing(open_storage(tmp_path)) as made:
        made.admin.sync(config(OF), NOON)
        SourceDriver(made, OF).says(entry("Two", "urn:2"), entry("One", "urn:1"))
        yield made


def stored(storage: Storage, title: str = "One") -> Stored:
    return next(each for each in all_items(storage) if each.item.title == title)


def note(storage: Storage, *addresses: str, title: str = "One") -> None:
    storage.images.note((Pictured(stored(storage, title).number, addresses),), (1, 1), NOON)


def waiting(storage: Storage, title: str = "One") -> ImageFetch | None:
    return storage.images.waiting(stored(storage, title).id, NOON)


def record(storage: Storage, drawn: Drawn = DRAWN, *, failures: int = 0, title: str = "One") -> bool:
    fetch = waiting(storage, title)
    assert fetch is not None
    return storage.images.record(fetch, drawn, failures=failures, now=NOON)


def copied(storage: Storage, *titles: str) -> None:
    for title in titles:
        note(storage, A, title=title)
        record(storage, title=title)


def count(storage: Storage, table: str) -> int:
    (row,) = read(storage.engine, f"SELECT count(*) AS found FROM {table}")
    return int(row["found"])


def test_a_noted_image_waits_with_a_task_and_what_was_asked_within_a_day(storage: Storage) -> None:
    note(storage, A)
    note(storage, B, title="Two")
    item = stored(storage)
    assert waiting(storage) == ImageFetch(item.number, item.id, "ministry", A, NOON, NOON)
    record(storage, title="Two")
    found = waiting(storage)
    assert found is not None
    assert (found.asked, found.bytes, found.host_asked) == (1, len(BODY), 0)
    tasks = storage.tasks.claim_tasks(NOON, kinds=KINDS, limit=9, lease=DAY)
    assert {each.subject for each in tasks} == {item.id, stored(storage, "Two").id}


def test_a_copy_is_served_and_changes_the_documents_but_is_no_correction(storage: Storage) -> None:
    note(storage, A)
    before = stored(storage)
    assert record(storage)
    after = stored(storage)
    assert after.seq > before.seq
    assert (after.item, after.updated, after.corrected) == (before.item, before.updated, before.corrected)
    assert storage.images.copies(after.number) == {A: ImageCopy(DIGEST, 40, 30, len(BODY))}
    assert storage.images.body(DIGEST) == BODY
    assert storage.images.body("0" * 32) is None
    assert waiting(storage) is None


def test_documents_change_once_all_images_of_a_release_are_there(storage: Storage) -> None:
    note(storage, A, B)
    before = stored(storage).seq
    record(storage)
    assert stored(storage).seq == before
    record(storage, Drawn(ImageState.WAITS), failures=1)
    assert stored(storage).seq > before


def test_a_refused_image_changes_nothing(storage: Storage) -> None:
    note(storage, A)
    before = stored(storage).seq
    assert record(storage, Drawn(ImageState.REFUSED))
    assert (stored(storage).seq, waiting(storage), count(storage, "image")) == (before, None, 0)


def test_an_image_that_a_release_shows_no_longer_is_gone(storage: Storage) -> None:
    copied(storage, "One")
    fetch = ImageFetch(stored(storage).number, stored(storage).id, "ministry", A, NOON, NOON)
    note(storage, B)
    assert (storage.images.body(DIGEST), count(storage, "image")) == (None, 0)
    assert not storage.images.record(fetch, DRAWN, now=NOON)
    assert (count(storage, "image"), count(storage, "image_use")) == (0, 1)


@pytest.mark.parametrize("trigger", [Trigger.HOLD, Trigger.WITHDRAW, Trigger.ERASE])
def test_copies_leave_with_their_release_unless_another_shows_the_same(
    storage: Storage, trigger: Trigger
) -> None:
    copied(storage, "One", "Two")
    note(storage, A, B)  # one that waits, too
    assert count(storage, "image") == 1
    move(storage, stored(storage), trigger)
    assert storage.images.body(DIGEST) == BODY
    move(storage, stored(storage, "Two"), trigger)
    assert storage.images.body(DIGEST) is None
    assert (count(storage, "image"), count(storage, "image_use")) == (0, 0)
    assert storage.tasks.claim_tasks(NOON, kinds=(TaskKind.IMAGE,), limit=9, lease=DAY) == ()


def test_a_release_that_left_meanwhile_takes_no_copy(storage: Storage) -> None:
    note(storage, A)
    fetch = waiting(storage)
    assert fetch is not None
    move(storage, stored(storage), Trigger.HOLD)
    assert not storage.images.record(fetch, DRAWN, now=NOON)
    note(storage, A)
    assert (count(storage, "image"), count(storage, "image_use")) == (0, 0)


def test_rights_that_permit_no_images_hide_them(storage: Storage) -> None:
    copied(storage, "One")
    storage.admin.sync(config(replace(OF, republish=Republish.EXCERPT)), NOON)
    assert storage.images.body(DIGEST) is None


def test_copies_leave_with_their_content_and_their_source(storage: Storage) -> None:
    copied(storage, "One")
    storage.admin.maintain(Retention(items=DAY), NOON + 2 * DAY)
    assert (count(storage, "image"), count(storage, "image_use")) == (0, 0)


def test_a_source_is_forgotten_with_its_copies(storage: Storage) -> None:
    copied(storage, "One")
    storage.admin.sync(config(source("other")), NOON)
    storage.admin.forget("ministry", NOON)
    assert (count(storage, "image"), count(storage, "image_use")) == (0, 0)


def test_each_live_item_is_seen_once_and_again_after_a_change(storage: Storage) -> None:
    cursor, found = storage.images.unseen(1)
    storage.images.note((), cursor, NOON)
    last, others = storage.images.unseen(9)
    assert {each.item.title for each in (*found, *others)} == {"One", "Two"}
    storage.images.note((), last, NOON)
    assert storage.images.unseen(9) == (last, ())
    copied(storage, "One")
    storage.images.note((), last, NOON)
    assert [each.item.title for each in storage.images.unseen(9)[1]] == ["One"]


def test_the_task_of_noting_begins_with_copies_and_ends_them(storage: Storage) -> None:
    assert storage.tasks.claim_tasks(NOON, kinds=KINDS, limit=9, lease=DAY) == ()
    kept = config(OF)
    copies = replace(kept, publication=replace(kept.publication, images=Images.PROXY))
    storage.admin.sync(copies, NOON)
    (task,) = storage.tasks.claim_tasks(NOON, kinds=(TaskKind.IMAGES,), limit=9, lease=DAY)
    storage.tasks.finish_task(task)
    copied(storage, "One")
    storage.admin.sync(kept, NOON + timedelta(minutes=1))
    assert storage.tasks.claim_tasks(NOON + DAY, kinds=(TaskKind.IMAGES,), limit=9, lease=DAY) != ()
    assert storage.images.clear() is False
    assert (count(storage, "image"), count(storage, "image_use")) == (0, 0)
