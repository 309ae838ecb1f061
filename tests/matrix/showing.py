"""Triggers that change what is shown of a release beside what its feed says: the text of its page, a house style,
quarantine for its links, a translation that is linked."""

from collections.abc import Mapping

from msgspec.structs import replace

from aggregator.model.decision import Trigger
from aggregator.model.document import StyleJob
from aggregator.model.entry import Entry
from aggregator.model.house_style import RULES_VERSION, HouseStyle, Replacement
from aggregator.model.page import PageState, PageText
from aggregator.model.settings import Quarantine, Republish, Source
from aggregator.policy.lifecycle import step
from aggregator.workers.job import restyle
from tests.given import HOUR, MINUTE
from tests.matrix.site import FIRST, SECOND, SHOWN, TEXT, Site, notice, storm
from tests.matrix.triggers import (
    OTHER,
    Act,
    Cause,
    after,
    corrects,
    erased,
    published,
    setting,
    time_passes,
    verb,
    waits,
)

STYLE = HouseStyle(replace=(Replacement(FIRST, SHOWN),), version=RULES_VERSION)
LINK = '<a href="https://pills.example/">More</a>'


def page_arrives(site: Site) -> None:
    site.now += HOUR
    fetch = site.storage.pages.waiting(site.stored().id, site.now)
    assert fetch is not None
    text = TEXT.format(word=SHOWN)
    taken = PageText(PageState.TAKEN, text, text.replace("<p>", "").replace("</p>", ""))
    assert site.storage.pages.record(fetch, taken, asked=site.now, failures=0, now=site.now)


def styles_what_waits(site: Site) -> None:
    while (found := site.storage.styles.next(0, 100)) is not None:
        job = StyleJob(
            Source(found.source, "", house_style=found.style), tuple(item for _, item in found.items)
        )
        made = zip((number for number, _ in found.items), restyle(job).items, strict=True)
        site.storage.styles.write([*made], found.style, site.now)


def styled(style: HouseStyle) -> Act:
    return after(setting(house_style=style), styles_what_waits)


def linked(word: str = FIRST) -> Entry:
    """The release with a link to a host of another organisation."""
    said = storm(word)
    digest = said.digest[::-1]
    return replace(said, content=replace(said.content, value=said.content.value + LINK), digest=digest)


def corrects_with_a_link(site: Site) -> None:
    site.lists(linked(SECOND), notice(OTHER, site.of))


def english(site: Site) -> None:
    """The release at an address that names its language."""
    said = storm(link="https://harbour.example/en/storm")
    site.lists(said)
    site.lists(said, notice(OTHER, site.of))


def french(site: Site) -> None:
    link = "https://harbour.example/fr/storm"
    said = replace(notice(OTHER + 1, site.of), guid=link, link=link, language="fr")
    site.lists(said)
    (found,) = site.storage.items.named(link)
    site.translation = found.id


def french_is_withdrawn(site: Site) -> None:
    site.now += MINUTE
    found = site.storage.items.find(site.translation)
    assert found is not None
    site.apply(step(found, Trigger.WITHDRAW, reason="a test", actor="desk", at=site.now))


QUARANTINE = {"quarantine": Quarantine.FOREIGN_LINKS}
WITH_PAGE = after(setting(full_text=True), published, page_arrives)
IN_STYLE = after(published, styled(STYLE))
TRANSLATED = after(english, french)

CAUSES: Mapping[str, Cause] = {
    "page arrives": Cause(after(setting(full_text=True), published), page_arrives, is_silent=True),
    "page, corrected": Cause(WITH_PAGE, corrects),
    "page, withdrawn": Cause(WITH_PAGE, verb(Trigger.WITHDRAW)),
    "page, erased": Cause(WITH_PAGE, erased),
    "page, headline": Cause(WITH_PAGE, setting(republish=Republish.HEADLINE)),
    "page, unwanted": Cause(WITH_PAGE, setting(full_text=False), is_silent=True),
    "style": Cause(published, styled(STYLE), is_silent=True),
    "style ends": Cause(IN_STYLE, styled(HouseStyle()), is_silent=True),
    "style, withdrawn": Cause(IN_STYLE, verb(Trigger.WITHDRAW)),
    "style, erased": Cause(IN_STYLE, erased),
    "quarantine": Cause(waits(linked, **QUARANTINE), time_passes),
    "quarantine, end": Cause(waits(linked, **QUARANTINE), verb(Trigger.RELEASE)),
    "edit in it": Cause(after(published, setting(**QUARANTINE)), corrects_with_a_link),
    "edit out of it": Cause(
        after(published, setting(**QUARANTINE), corrects_with_a_link), verb(Trigger.RELEASE)
    ),
    "translated": Cause(english, french),
    "translation gone": Cause(TRANSLATED, french_is_withdrawn),
    "translated, gone": Cause(TRANSLATED, verb(Trigger.WITHDRAW)),
}
