"""A consumer by MSN's contract follows a release from its publication to its return."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model.decision import Trigger
from aggregator.model.settings import Republish
from tests.clients.msn import Msn
from tests.matrix.site import FIRST, HARBOUR, SECOND, Site, given_a_site, storm

pytestmark = pytest.mark.usefixtures("engine")
IMAGE = '<p>A squall.</p><p><img src="https://harbour.example/storm.png" alt="A storm"></p>'


class Walk:
    """The consumer beside the site; each step is polled twice."""

    def __init__(self, site: Site, kind: str) -> None:
        self.site, self.path, self.msn = site, f"/feed.{kind}", Msn()

    async def polls(self) -> list[str]:
        """Poll twice and return what is shown: the second document brings nothing that is not a duplicate."""
        document = (await self.site.reads(self.site.app))[self.path].content
        self.msn.polls(document, self.site.now)
        shown, skipped = dict(self.msn.shown), self.msn.skipped
        self.msn.polls(document, self.site.now)
        assert self.msn.shown == shown
        assert self.msn.skipped > skipped or not self.msn.ingested
        return sorted(word for each in shown.values() for word in (FIRST, SECOND) if word in each.body)


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_it_follows_a_release(tmp_path: Path, kind: str) -> None:
    async def run() -> None:
        async with given_a_site(tmp_path, HARBOUR) as site:
            here = Walk(site, kind)
            assert await here.polls() == []
            site.lists(storm())
            site.identifies()
            assert await here.polls() == [FIRST]
            site.lists(storm(SECOND))
            assert await here.polls() == [SECOND]
            site.verb(Trigger.WITHDRAW)
            assert await here.polls() == []
            site.verb(Trigger.REINSTATE)
            site.lists(storm(SECOND))
            assert await here.polls() == [SECOND]
            site.changes(republish=Republish.NO)
            assert await here.polls() == []
            site.changes(republish=Republish.FULL)
            assert await here.polls() == [SECOND]
            assert [*here.msn.ingested] == [site.public_id]

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_it_has_the_images_of_a_release(tmp_path: Path, kind: str) -> None:
    async def run() -> None:
        async with given_a_site(tmp_path, HARBOUR) as site:
            here = Walk(site, kind)
            said = storm()
            site.lists(replace(said, content=replace(said.content, value=IMAGE)))
            assert await here.polls() == [FIRST]
            (article,) = here.msn.shown.values()
            assert "https://harbour.example/storm.png" in article.body

    asyncio.run(run())
