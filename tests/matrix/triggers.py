"""Triggers that change what the public sees of a release: what is given before, and the trigger itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from aggregator.model.amendment import AmendedField, Amendment
from aggregator.model.decision import Notice, Pairing, Trigger
from aggregator.model.deleted import Deleted
from aggregator.model.document import Fetched
from aggregator.model.settings import Republish, Retention
from aggregator.policy import origin_steps
from aggregator.policy.amendments import amended
from aggregator.policy.lifecycle import amend, step, strike
from aggregator.policy.probes import Page, judged
from aggregator.service.backfill import Backfill
from tests.given import DAY, HOUR, NOON, InProcessReader, iso
from tests.matrix.site import HARBOUR, HEADLINE, PIER, SECOND, Site, notice, storm
from tests.running import feed, item

Act = Callable[[Site], None]
RETURN = NOON + 2 * HOUR
OTHER, LATER, LAST = 99, -60, 100  # numbers of notices: two that are published after it, one dated later


@dataclass(frozen=True, slots=True)
class Cause:
    """One row of the table: what is given, before the outputs are read, and what happens then."""

    given: Act
    happens: Act
    of: str = HARBOUR  # source of the release under test
    is_silent: bool = False  # no update tells subscribers that they keep more than is published


def published(site: Site) -> None:
    """The release, with all the others that close the first archive."""
    site.lists(storm())
    site.lists(storm(), notice(OTHER, site.of))


def waits(entry: Callable[[], object] = storm, **settings: object) -> Act:
    """The release as it is held by settings of its source, or by its own dates."""

    def given(site: Site) -> None:
        if settings:
            site.changes(**settings)
        site.lists(entry(), notice(OTHER, site.of))  # type: ignore[arg-type]  # makes an Entry

    return given


def after(first: Act, *others: Act) -> Act:
    """One thing after the other."""

    def given(site: Site) -> None:
        for each in (first, *others):
            each(site)

    return given


def verb(trigger: Trigger, **options: object) -> Act:
    return lambda site: site.verb(trigger, **options)


def expires_announced(site: Site) -> None:
    site.lists(storm(expires=iso(RETURN)))
    site.lists(storm(expires=iso(RETURN)), notice(OTHER, site.of))


def time_passes(site: Site) -> None:
    site.tick(3 * HOUR)


def tombstone(site: Site) -> None:
    site.entries[site.of] = [each for each in site.entries[site.of] if not each.guid.endswith(":storm")]
    site.says("", Deleted(f"tag:{site.of}.example,2026:storm", iso(site.now)))


def many_tombstones(site: Site) -> None:
    """More withdrawals than the breaker lets pass."""
    gone = [each for each in site.entries[site.of] if each.guid.endswith((":storm", "/1", "/2", "/3"))]
    site.entries[site.of] = [each for each in site.entries[site.of] if each not in gone]
    site.says("", *(Deleted(each.guid, iso(site.now)) for each in gone))


def accepts(site: Site) -> None:
    found = site.storage.origins.suspended()
    steps = origin_steps.accepted(found, actor="desk", now=site.now)
    site.storage.origins.decide(steps, [each for _, each in found], site.now)


def declines(site: Site) -> None:
    found = site.storage.origins.suspended()
    steps = origin_steps.declined(found, reason="a broken export", actor="desk", now=site.now)
    site.storage.origins.decide(steps, [each for _, each in found], site.now)


def takedown(site: Site) -> None:
    site.lists(storm(expires=iso(NOON - HOUR)))


def prolonged(site: Site) -> None:
    longer = storm(expires=iso(site.now + 9 * DAY))
    site.lists(longer)
    site.tick(DAY)  # it returns a day after its expiry, and is held until it is found again
    site.lists(longer)


def page_asked(site: Site, page: Page) -> None:
    probe = site.storage.origins.probe(site.stored().id, site.now)
    assert probe is not None
    verdict = judged(probe, page, site.now)
    site.storage.origins.probed(probe, asked=site.now, missing=verdict.missing, step=verdict.step)
    site.tick()


def page_is_gone(site: Site) -> None:
    """It leaves the feed from between others, and its page answers 404 a day long."""
    site.lists(notice(LATER, site.of))
    for _ in range(2):
        page_asked(site, Page.MISSING)
        site.now += 25 * HOUR


def page_is_back(site: Site) -> None:
    site.lists(notice(LATER, site.of), storm())
    page_asked(site, Page.ANSWERS)
    site.lists(notice(LATER, site.of), storm())


def listed_between(site: Site) -> None:
    published(site)
    site.lists(notice(LATER, site.of), storm())


def notice_granted(site: Site) -> None:
    site.now += HOUR
    made = step(site.stored(), Trigger.WITHDRAW, reason="a notice", actor="desk", at=site.now)
    site.apply(replace(made, notice=Notice("A. Person", "a@person.example", site.now)))


def reinstated(site: Site) -> None:
    site.verb(Trigger.REINSTATE)
    site.tick()


def listed_again(site: Site) -> None:
    site.lists(storm(), notice(OTHER, site.of))


def corrects(site: Site) -> None:
    site.lists(storm(SECOND), notice(OTHER, site.of))


def amends(site: Site, given: Amendment, *cleared: AmendedField) -> None:
    site.now += HOUR
    fields = amended(site.stored(), given, frozenset(cleared))
    site.apply(amend(site.stored(), fields, reason="clearer", actor="desk", at=site.now))


def headline(site: Site) -> None:
    amends(site, Amendment(headline=HEADLINE))


def struck(site: Site) -> None:
    site.now += HOUR
    site.apply(strike(site.stored(), 1, reason="a name", actor="desk", at=site.now))


def setting(**settings: object) -> Act:
    return lambda site: site.changes(**settings)


def rights_end(site: Site) -> None:
    site.now += DAY
    site.reconfigures(*site.config.sources)


def source_removed(site: Site) -> None:
    site.reconfigures(*(each for each in site.config.sources if each.id != site.of))


def forgotten(site: Site) -> None:
    source_removed(site)
    site.storage.admin.forget(site.of, site.now)


def erased(site: Site) -> None:
    site.now += HOUR
    site.storage.admin.erase(
        [step(site.stored(), Trigger.ERASE, reason="a court", actor="desk", at=site.now)]
    )


def kept_too_long(site: Site) -> None:
    site.now += 401 * DAY
    site.storage.admin.maintain(Retention(), site.now)


def a_month_later(site: Site) -> None:
    site.now += 31 * DAY
    site.lists(notice(LAST, site.of))


def restored(site: Site) -> None:
    """A backup from before the withdrawal is restored."""
    site.storage.admin.backup(site.directory / "noon.db")
    site.verb(Trigger.WITHDRAW)
    site.restores(site.directory / "noon.db")


def by_two(site: Site) -> None:
    """The same text by two sources; the first leads."""
    published(site)
    site.lists(storm(of=PIER), of=PIER)
    twin = site.found(PIER)
    assert twin is not None and twin.story == site.stored().story is not None
    site.twin = twin.id


def abroad(site: Site) -> None:
    """The release of one source under a link in the domains of the other."""
    home = "https://harbour.example/storm"
    site.lists(storm(of=PIER, link=home))
    site.lists(storm(of=PIER, link=home), notice(OTHER, PIER))


def comes_home(site: Site) -> None:
    site.lists(storm(), of=HARBOUR)
    twin = site.found(HARBOUR)
    assert twin is not None and twin.story == site.stored().story is not None
    site.twin = twin.id


def told_apart(site: Site) -> None:
    """Two releases with different texts, that of the other source first."""
    site.lists(replace(storm("storm surge and closes all of its offices", of=PIER)), of=PIER)
    published(site)
    twin = site.found(PIER)
    assert twin is not None
    site.twin = twin.id


def pairs(trigger: Trigger) -> Act:
    def happens(site: Site) -> None:
        site.now += HOUR
        site.storage.admin.pair(
            Pairing(site.stored().id, (site.twin,), trigger, "they say the same", "desk", site.now)
        )

    return happens


def imported(site: Site) -> None:
    """An archived document has the release, older than the service."""
    old = item("storm", "Storm warning", "A squall.", date="Mon, 02 Feb 2026 12:00:00 GMT")
    body = feed(old.replace("<guid>https://harbour.example/storm", f"<guid>{storm().guid}"))
    found = site.config.source(site.of)
    assert found is not None
    site.now += HOUR
    made = Backfill(site.storage, InProcessReader(), config=site.config, source=found, clock=lambda: site.now)
    site.imports.append((made, Fetched(found.feed, 200, body, "application/rss+xml")))


def nothing(site: Site) -> None:
    """Other releases alone."""


def taken_back(site: Site) -> None:
    """The release of the other source, withdrawn by the operator."""
    site.of = HARBOUR
    published(site)
    site.verb(Trigger.WITHDRAW)
    site.of = PIER


def copied(site: Site) -> None:
    site.lists(storm(of=PIER), notice(OTHER, PIER))


CAUSES: Mapping[str, Cause] = {
    "first seen": Cause(nothing, lambda site: site.lists(storm())),
    "tombstone": Cause(published, tombstone),
    "suspended": Cause(published, many_tombstones),
    "accepted": Cause(after(published, many_tombstones), accepts),
    "declined": Cause(after(published, many_tombstones), declines),
    "expiry": Cause(expires_announced, time_passes),
    "takedown": Cause(published, takedown),
    "prolonged": Cause(after(expires_announced, time_passes), prolonged),
    "probe": Cause(listed_between, page_is_gone),
    "relisted": Cause(after(listed_between, page_is_gone), page_is_back),
    "withdraw": Cause(published, verb(Trigger.WITHDRAW)),
    "month later": Cause(after(published, verb(Trigger.WITHDRAW)), a_month_later),
    "notice": Cause(published, notice_granted),
    "reinstate": Cause(after(published, verb(Trigger.WITHDRAW)), reinstated),
    "listed again": Cause(after(published, verb(Trigger.WITHDRAW), reinstated), listed_again),
    "hold": Cause(published, verb(Trigger.HOLD)),
    "hold until": Cause(after(published, verb(Trigger.HOLD, until=RETURN)), time_passes),
    "release held": Cause(after(published, verb(Trigger.HOLD)), verb(Trigger.RELEASE)),
    "embargo": Cause(waits(lambda: storm(claimed=RETURN)), time_passes),
    "embargo, early": Cause(waits(lambda: storm(claimed=RETURN)), verb(Trigger.RELEASE)),
    "veto window": Cause(waits(veto=HOUR), time_passes),
    "vetoed": Cause(waits(veto=HOUR), after(verb(Trigger.WITHDRAW), time_passes)),
    "review": Cause(waits(review=True), verb(Trigger.RELEASE)),
    "edit waits": Cause(after(published, setting(review=True)), corrects),
    "edit released": Cause(after(published, setting(review=True), corrects), verb(Trigger.RELEASE)),
    "correction": Cause(published, corrects),
    "corrected, gone": Cause(after(published, corrects), verb(Trigger.WITHDRAW)),
    "amend": Cause(published, headline),
    "amend cleared": Cause(
        after(published, headline), lambda site: amends(site, Amendment(), AmendedField.HEADLINE)
    ),
    "amend topics": Cause(published, lambda site: amends(site, Amendment(topics=("sky",)))),
    "amend language": Cause(published, lambda site: amends(site, Amendment(language="fr"))),
    "strike": Cause(after(published, corrects), struck),
    "rights no": Cause(published, setting(republish=Republish.NO)),
    "rights expired": Cause(after(setting(expires=NOON + DAY), published), rights_end),
    "rights back": Cause(
        after(published, setting(republish=Republish.NO)), setting(republish=Republish.FULL)
    ),
    "headline only": Cause(published, setting(republish=Republish.HEADLINE)),
    "topics": Cause(published, setting(topics=("sky",))),
    "source removed": Cause(published, source_removed),
    "forget": Cause(published, forgotten),
    "erase": Cause(published, erased),
    "withdrawn, erase": Cause(after(published, verb(Trigger.WITHDRAW)), erased),
    "retention": Cause(published, kept_too_long, is_silent=True),
    "restore": Cause(published, restored),
    "lead withdrawn": Cause(by_two, verb(Trigger.WITHDRAW)),
    "lead at home": Cause(abroad, comes_home, of=PIER),
    "merge": Cause(told_apart, pairs(Trigger.MERGE)),
    "split": Cause(after(told_apart, pairs(Trigger.MERGE)), pairs(Trigger.SPLIT)),
    "copy": Cause(taken_back, copied, of=PIER),
    "backfill": Cause(lambda site: site.says(), imported),
}

# Of the triggers of an item's life each has a row; others are settings, time, and what is done to the store.
ROWS: Mapping[Trigger, str] = {
    Trigger.FIRST_SEEN: "first seen",
    Trigger.TIME: "embargo",
    Trigger.RELEASE: "review",
    Trigger.HOLD: "hold",
    Trigger.WITHDRAW: "withdraw",
    Trigger.REINSTATE: "reinstate",
    Trigger.STRIKE: "strike",
    Trigger.SPLIT: "split",
    Trigger.MERGE: "merge",
    Trigger.COPY: "copy",
    Trigger.TOMBSTONE: "tombstone",
    Trigger.EXPIRY: "expiry",
    Trigger.PROBE: "probe",
    Trigger.RELISTED: "relisted",
    Trigger.DECLINE: "declined",
    Trigger.AMEND: "amend",
    Trigger.ERASE: "erase",
}
