"""Rights of a source from its document to what is published: nothing derived shows more than they permit."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.model.release import Release
from aggregator.model.settings import Republish
from tests.given import source
from tests.line.line import Line

pytestmark = pytest.mark.usefixtures("engine")

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
FEED = """<rss version="2.0"><channel><title>Press</title><link>https://origin.example/</link>
<item><guid>1</guid><link>https://origin.example/1</link><description>{}</description></item></channel></rss>"""
BODIES = [
    "One.&lt;br&gt;&lt;br&gt;Secret.",
    "&lt;ul&gt;&lt;li&gt;One.&lt;/li&gt;&lt;li&gt;Secret.&lt;/li&gt;&lt;/ul&gt;",
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("republish", "is_shown"), [(Republish.EXCERPT, True), (Republish.HEADLINE, False)])
def test_a_release_without_a_title_shows_no_more_than_its_rights_permit(
    tmp_path: Path, body: str, republish: Republish, is_shown: bool
) -> None:
    of = source("origin", republish=republish)
    with Line(tmp_path, of, now=NOW) as line:
        line.reads(of, FEED.format(body).encode(), NOW)
        page = line.publisher.release(line.items()[0].id)
        assert isinstance(page, Release)
        shown = [
            repr(page),
            *(str(line.document("sources/origin", kind).body) for kind in ("rss", "atom", "json")),
        ]
        assert not [text for text in shown if "secret" in text.lower()]
        assert all(("One." in text) is is_shown for text in shown)
