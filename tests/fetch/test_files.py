import asyncio
import os
from pathlib import Path

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.files import read_file
from aggregator.model.document import Fetched, Validators
from tests.fetch.given import client

NONE = Validators()


def a_feed(folder: Path, body: bytes = b"<rss/>") -> Path:
    path = folder / "my feed.xml"
    path.write_bytes(body)
    os.utime(path, ns=(0, 0x1234))
    return path


def failure(url: str, max_bytes: int = 1_000) -> tuple[str, str]:
    with pytest.raises(FetchError) as caught:
        read_file(url, max_bytes=max_bytes, validators=NONE)
    return caught.value.cause, str(caught.value)


def test_a_file_is_read_and_remembered_by_size_and_time(tmp_path: Path) -> None:
    url = a_feed(tmp_path).as_uri()
    assert read_file(url, max_bytes=6, validators=NONE) == Fetched(
        url, 200, b"<rss/>", validators=Validators(url, '"1234-6"'), received=6
    )


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    url = a_feed(tmp_path).as_uri()
    stored = Validators(url, '"1234-6"')
    assert read_file(url, max_bytes=6, validators=stored) == Fetched(url, 304, None, validators=stored)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    url = a_feed(tmp_path, b"<rss></rss>").as_uri()
    assert read_file(url, max_bytes=99, validators=Validators(url, '"1234-6"')).body == b"<rss></rss>"


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    link = tmp_path / "link.xml"
    link.symlink_to(a_feed(tmp_path))
    assert read_file(link.as_uri(), max_bytes=6, validators=NONE).body == b"<rss/>"


def test_a_file_larger_than_allowed_is_refused(tmp_path: Path) -> None:
    path = a_feed(tmp_path)
    assert failure(path.as_uri(), max_bytes=5) == ("limit", f"the file {path} is larger than 5 bytes")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "gone.xml"
    assert failure(path.as_uri()) == ("network", f"the file {path} cannot be read: No such file or directory")


def test_a_file_that_is_not_regular_is_refused_without_blocking(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("/dev/zero")
    assert [failure(path.as_uri())[0] for path in (pipe, link, tmp_path)] == ["refused"] * 3


def test_a_file_that_claims_no_size_is_still_capped() -> None:
    """Files of /proc have size 0 and content."""
    if not Path("/proc/version").exists():
        pytest.skip("needs /proc")
    assert failure("file:///proc/version", max_bytes=5)[0] == "limit"


def test_a_file_that_fails_while_it_is_read_is_reported() -> None:
    """The first page of a process's memory is not mapped."""
    path = Path("/proc/self/mem")
    if not path.exists():
        pytest.skip("needs /proc")
    assert failure(path.as_uri()) == ("network", f"the file {path} cannot be read: Input/output error")


@pytest.mark.parametrize("url", ["file:feed.xml", "file://otherhost/feed.xml", "file:"])
def test_only_full_paths_of_this_machine_are_files(url: str) -> None:
    assert failure(url) == ("refused", f"{url} names no file of this machine by its full path")


def test_an_impossible_path_is_reported() -> None:
    assert failure("file:///a%00b")[0] == "network"


def test_the_client_reads_files(tmp_path: Path) -> None:
    async def scenario() -> Fetched:
        async with client() as fetcher:
            return await fetcher.fetch(a_feed(tmp_path).as_uri())

    assert asyncio.run(scenario()).body == b"<rss/>"
