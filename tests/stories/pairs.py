"""Labelled pairs of releases, made from the texts of a YAML file: what partners, desks and forgers do to them.

A pair is the same release (`same`) or not; `kind` says why. Half of the texts are sealed: the matcher was
made without a look at how it fares on them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from tests.given import NOON

HERE = Path(__file__).parent
SHORT = {
    "en": "Our website will be unavailable tonight from 10 pm to 2 am because of maintenance.",
    "de": "Unsere Geschäftsstelle bleibt wegen Inventur am Freitag geschlossen. Ab Montag sind wir wieder da.",
    "fr": "Nos bureaux seront fermés le 25 décembre. Nous vous souhaitons de bonnes fêtes.",
    "es": "Nuestra oficina permanecerá cerrada el viernes por inventario. Disculpen las molestias.",
    "ru": "Сегодня ночью наш сайт не будет работать из-за обслуживания. Приносим извинения.",
    "zh": "因系统维护，本网站今晚22时至次日2时暂停服务，不便之处敬请谅解。",
    "ja": "今夜10時から午前2時まで、保守のためサイトを停止します。ご了承ください。",
    "ar": "يتوقف موقعنا الليلة من العاشرة حتى الثانية بسبب الصيانة. نعتذر عن الإزعاج.",
    "th": "เว็บไซต์ของเราปิดปรับปรุงคืนนี้ตั้งแต่ 22 นาฬิกาถึง 2 นาฬิกา ขออภัยในความไม่สะดวก",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One release as a feed tells it."""

    organisation: str
    title: str
    html: str
    language: str
    published: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two releases, and whether they are the same."""

    kind: str
    same: bool
    one: Told
    other: Told


@dataclass(frozen=True, slots=True)
class Release:
    """A release of the YAML file; see there."""

    language: str
    title: str
    headline: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    desk: tuple[tuple[str, str], ...]
    lead: str
    quote: str
    follow: tuple[str, ...]
    deny: str
    correct: str
    others: tuple[str, ...]
    event: str
    abouts: tuple[tuple[str, ...], ...]
    more: str

    @classmethod
    def of(cls, read: Mapping[str, Any]) -> "Release":
        pairs = {key: tuple(map(tuple, read[key])) for key in ("facts", "desk", "abouts")}
        lists = {key: tuple(read[key]) for key in ("paragraphs", "follow", "others")}
        return cls(**{**read, **pairs, **lists})

    def about(self, side: int) -> tuple[str, ...]:
        return self.abouts[side]


@cache
def releases(name: str) -> tuple[Release, ...]:
    return tuple(map(Release.of, yaml.safe_load((HERE / f"{name}.yaml").read_text())))


@cache
def pairs(name: str) -> tuple[Pair, ...]:
    """Return the labelled pairs of the open or the sealed texts."""
    found = releases(name)
    return tuple(
        [each for release in found for maker in (_positives, _negatives) for each in maker(release)]
        + [_translated(one, other) for one, other in combinations(found, 2)]
    )


def _told(
    release: Release,
    paragraphs: Sequence[str],
    *,
    side: int = 0,
    title: str = "",
    hours: float = 0,
    markup: str = "p",
    language: str | None = None,
) -> Told:
    organisation = release.about(side)[0]
    domain = ("origin", "partner")[side]
    return Told(
        organisation,
        title or release.title,
        _marked_up(paragraphs, markup),
        release.language if language is None else language,
        NOON + timedelta(hours=hours),
        f"https://{domain}.example/{release.language}/{abs(hours):.0f}",
    )


def _marked_up(paragraphs: Sequence[str], markup: str) -> str:
    if markup == "br":
        return "<div>" + "<br><br>\n".join(paragraphs) + "</div>"
    if markup == "table":
        return "<table>" + "".join(f"<tr><td>{each}</td></tr>" for each in paragraphs) + "</table>"
    if markup == "rich":
        first, *rest = paragraphs
        return f"<h2>{first}</h2>" + "".join(f'<div class="b"><p><em>{each}</em></p></div>' for each in rest)
    return "".join(f"<p>{each}</p>\n" for each in paragraphs)


def _changed(paragraphs: Sequence[str], *changes: tuple[str, str]) -> list[str]:
    text = "\n".join(paragraphs)
    for old, new in changes:
        assert old in text, f"{old!r} is not in the text"
        text = text.replace(old, new)
    return text.split("\n")


def _hyphenated(text: str) -> str:
    words = text.split(" ")
    return " ".join(
        f"{word[:4]}\u00ad{word[4:]}" if len(word) > 8 and word.isalpha() else word for word in words
    )


def _invisible(text: str) -> str:
    return "".join(
        each + ("\u200b" if n % 11 == 5 else "\ufe0f" if n % 29 == 7 else "") for n, each in enumerate(text)
    )


def _straight(text: str) -> str:
    for old, new in (("“", '"'), ("”", '"'), ("„", '"'), ("«", '"'), ("»", '"'), ("’", "'"), ("\u00a0", " ")):
        text = text.replace(old, new)
    return text


def _positives(of: Release) -> Iterator[Pair]:
    body, about, partner = of.paragraphs, of.about(0), of.about(1)
    plain = _told(of, body)

    def pair(kind: str, other: Told, one: Told = plain) -> Pair:
        return Pair(kind, True, one, other)

    yield pair("verbatim", _told(of, body, side=1, hours=7))
    yield pair("language unknown", _told(of, body, side=1, hours=7, language=""))
    for markup in ("br", "table", "rich"):
        yield pair("structure", _told(of, body, side=1, hours=20, markup=markup))
    yield pair("boilerplate", _told(of, (*body, *partner), side=1, hours=3), _told(of, (*body, *about)))
    yield pair("boilerplate", _told(of, body, side=1, hours=-5), _told(of, (*body, *about)))
    yield pair("headline", _told(of, body, side=1, title=of.headline, hours=26))
    yield pair("typography", _told(of, list(map(_straight, body)), side=1, hours=9))
    yield pair("soft hyphens", _told(of, list(map(_hyphenated, body)), side=1, hours=9))
    yield pair("invisible", _told(of, list(map(_invisible, body)), side=1, hours=11))
    for change in of.desk:
        yield pair("desk", _told(of, _changed(body, change), side=1, hours=14))
    yield pair("desk", _told(of, _changed(body, *of.desk), side=1, title=of.headline, hours=14))
    yield pair("extract", _told(of, body[:3], side=1, hours=6))
    yield pair("extract", _told(of, (*body[:3], of.more), side=1, hours=6), _told(of, (*body, *about)))
    cut = body[2][: len(body[2]) * 2 // 3] + " …"
    yield pair("truncated", _told(of, (*body[:2], cut), side=1, title=of.headline, hours=2))
    yield pair("additions", _told(of, (of.lead, *body), side=1, hours=22))
    yield pair("additions", _told(of, (*body[:3], of.quote, *body[3:], *partner[2:]), side=1, hours=22))
    mixed = _told(
        of, list(map(_straight, (*_changed(body, of.desk[0])[:4], *partner))), side=1, hours=30, markup="br"
    )
    yield pair("mixed", mixed, _told(of, (*body, *about)))


def _negatives(of: Release) -> Iterator[Pair]:
    body, about, partner = of.paragraphs, of.about(0), of.about(1)
    plain = _told(of, body)

    def pair(kind: str, other: Told, one: Told = plain) -> Pair:
        return Pair(kind, False, one, other)

    for fact in of.facts:
        changed = _changed(body, fact)
        yield pair("material edit", _told(of, changed, side=1, hours=8))
        yield pair(
            "tampered", _told(of, list(map(_straight, (*changed, *partner))), side=1, hours=31, markup="br")
        )
    for one, other in zip(of.facts, of.facts[3:], strict=False):
        yield pair(
            "template",
            _told(of, (*_changed(body, one, other), *about), side=1, hours=24 * 7),
            _told(of, (*body, *about)),
        )
    yield pair("bulletin", _told(of, _changed(body, *of.facts[:3]), side=1, hours=24 * 7))
    yield pair("correction", _told(of, (of.correct, *_changed(body, of.facts[2])), side=1, hours=26))
    yield pair("correction", _told(of, (of.correct, *body), side=1, hours=26))
    yield pair("denial", _told(of, (of.deny, *body), side=1, hours=26))
    yield pair("denial", _told(of, (of.deny, *_changed(body, of.facts[1])), side=1, hours=26))
    yield pair("follow-up", _told(of, (*of.follow, *body[:3]), side=1, title=of.headline, hours=70))
    yield pair("follow-up", _told(of, (*of.follow, *body), side=1, title=of.headline, hours=150))
    for matter in of.others:
        yield pair(
            "same introduction",
            _told(of, (body[0], matter, body[3]), side=1, hours=40),
            _told(of, (body[0], body[1], body[3])),
        )
        yield pair(
            "quote reused",
            _told(of, (matter, body[2], *about), side=1, hours=200),
            _told(of, (*body[:3], *about)),
        )
        yield pair(
            "same boilerplate", _told(of, (matter, *about), side=1, hours=60), _told(of, (of.quote, *about))
        )
    yield pair("independent", _told(of, (of.event,), side=1, hours=5))
    yield pair(
        "independent",
        _told(of, (of.event, *about), side=1, title=of.title, hours=5),
        _told(of, (*body, *about)),
    )
    yield pair("fortnight", _told(of, body, side=1, hours=24 * 14 + 1))
    short = SHORT[of.language]
    yield pair("short", _told(of, (short,), side=1, hours=9), _told(of, (short,)))


def _translated(one: Release, other: Release) -> Pair:
    return Pair(
        "translation", False, _told(one, one.paragraphs), _told(other, other.paragraphs, side=1, hours=3)
    )
