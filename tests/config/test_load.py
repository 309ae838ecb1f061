"""A valid sources.yaml: every key, every default, every normal form."""

import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.config import load, load_store, parse, warnings
from aggregator.editorial.wording import DEFAULT
from aggregator.errors import ConfigError
from aggregator.model.house_style import RULES_VERSION, Headline, HouseStyle, Part, Replacement
from aggregator.model.image import Images
from aggregator.model.look import Brand, Colour, LinkKind
from aggregator.model.push_settings import (
    Encryption,
    HmacMethod,
    Hub,
    Mail,
    ReleaseWebhook,
    Smtp,
    Webhook,
    WebhookFormat,
)
from aggregator.model.rights import Terms, Use
from aggregator.model.settings import (
    FOREVER,
    Address,
    Budget,
    Config,
    Embargo,
    PollSettings,
    Publication,
    Quarantine,
    Republish,
    Retention,
    Rule,
    Source,
    Text,
    Unnamed,
)
from aggregator.model.user import AdminProxy, Role, User
from aggregator.model.web_settings import Embedding
from tests.given import config, source

REPO_ROOT = Path(__file__).parents[2]
HERE = Path("/srv/releases/sources.yaml")
FULL = """\
publication:
  name: Coast Releases
  url: https://releases.example/all
  language: EN-gb
  contact: desk@releases.example
  description: What the coast has to say
  disclaimer: {default: "From {{ organisation }}.", FR: "De {{ organisation }}."}
  house_style: {replace: [["###", ""]], dateline: drop, max_words: 900}
  brand: {logo: look/logo.svg, colours: {accent: "#FA0", text: "#101010", dark: {accent: "#ffcc66"}}}
  links: {terms: "https://Coast.example/terms#use", imprint: https://coast.example/imprint}
  templates: look/
  images: none
listen: 0.0.0.0:80
admin: "[::1]:8001"
store: ../data/./store
poll: {every: 1h, timeout: 5s, max_bytes: 500KB, concurrency: 8, per_host: 1, host_gap: 3s, websub: false, budget: {items: 100, bytes: 1GB}}
websub: {allow_networks: [127.0.0.0/8, "fd00::/8"]}
proxy: http://Proxy.example:3128
retention: {items: 30d, revisions: 2d, polls: 1d, backups: 3}
alerts:
  url: https://hooks.example/T0/secret?a=1
  email: {to: [desk@releases.example], from: wire@releases.example, smtp: {host: Mail.example, encryption: tls, user: wire, password: $SMTP_PASSWORD}}
webhooks:
  - {url: https://hooks.example/T0/secret, secret: $HOOK_SECRET, allow_networks: [10.0.0.0/8]}
  - {url: https://hooks.example/T1/secret, format: slack, channel: topics/sea}
  - {url: https://hooks.example/T2/secret, format: teams, channel: sources/coast-guard}
  - {url: https://hooks.example/T3/secret, format: teams, channel: languages/pt}
  - {url: https://hooks.example/T4/secret, format: slack, channel: all}
hub: {url: https://Hub.example/, signature: sha512, allow_networks: [10.0.0.0/8]}
admin_url: https://Desk.example/
admin_proxy: {header: X-Forwarded-User, networks: [127.0.0.0/8]}
users:
  - {name: Ana María, role: admin, password: "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b/dWRWJTmaaJObG"}
  - {name: jo@desk.example, role: editor}
trusted_proxies: [10.1.0.0/16, "::1/128"]
embed: {allow: ["https://*.Partner.example/"], channels: {all: [http://a.example:8080], topics/sea: [https://b.example]}}
sources:
  - https://www.Example.ORG:443/press/feed.xml#latest
  - id: coast-guard
    organisation: Coast Guard
    description: Watches over the north coast.
    feed: http://coast.example/?type=rss
    domains: [Coast.example, www.bücher.example]
    topics: [sea, human-rights]
    every: 10m
    language: pt-br
    timezone: Europe/Vienna
    disclaimer: By the Coast Guard.
    only: [{title: "(?i)rescue"}, {category: sea}]
    skip:
      - language: no
    publish: review
    quarantine: foreign-links
    links_to: [video.example]
    rights: {licence: CC-BY-4.0, republish: no}
    embargo: clamp
    priority: -10
    burst: 5
    history: off
    index: yes
    house_style:
      headline: sentence-case
      drop: ["p.media-contact", "#boilerplate"]
      replace: [{from: Coastguard, to: Coast Guard, in: title}, [per cent, percent], {from: "(ends)"}]
      dateline: "{place} –"
    paused: 2026-12-31
    first_import: 30d
    budget: {bytes: 50MB}
  - feed: file:local%20feeds/harbour.xml
    organisation: from-entry
    every: 5s
    publish: after 90m
"""
OF_PUBLICATION = HouseStyle(
    replace=(Replacement("###", ""),), dateline="drop", max_words=900, version=RULES_VERSION
)
FULL_CONFIG = Config(
    path=HERE,
    publication=Publication(
        name="Coast Releases",
        url="https://releases.example/all/",
        language="en-GB",
        contact="desk@releases.example",
        disclaimer=Text((("", "From {{ organisation }}."), ("fr", "De {{ organisation }}."))),
        description="What the coast has to say",
        images=Images.NONE,
    ),
    store=Path("/srv/data/store"),
    sources=(
        Source(
            id="example-org-press-feed-xml",
            feed="https://www.example.org/press/feed.xml",
            domains=("example.org",),
            every=timedelta(hours=1),
            budget=Budget(items=100, bytes=10**9),
            house_style=OF_PUBLICATION,
        ),
        Source(
            id="coast-guard",
            feed="http://coast.example/?type=rss",
            organisation="Coast Guard",
            description="Watches over the north coast.",
            domains=("coast.example", "www.xn--bcher-kva.example"),
            topics=("sea", "human-rights"),
            every=timedelta(minutes=10),
            language="pt-BR",
            timezone="Europe/Vienna",
            disclaimer=Text((("", "By the Coast Guard."),)),
            only=(Rule("title", "(?i)rescue"), Rule("category", "sea")),
            skip=(Rule("language", "no"),),
            review=True,
            republish=Republish.NO,
            licence="CC-BY-4.0",
            embargo=Embargo.CLAMP,
            priority=-10,
            burst=5,
            history=False,
            indexed=True,
            quarantine=Quarantine.FOREIGN_LINKS,
            links_to=("video.example",),
            house_style=HouseStyle(
                headline=Headline.SENTENCE_CASE,
                drop=("p.media-contact", "#boilerplate"),
                replace=(
                    Replacement("Coastguard", "Coast Guard", Part.TITLE),
                    Replacement("per cent", "percent"),
                    Replacement("(ends)", ""),
                ),
                dateline="{place} –",
                max_words=900,
                version=RULES_VERSION,
            ),
            paused=datetime(2026, 12, 31, tzinfo=UTC),
            first_import=timedelta(days=30),
            budget=Budget(items=100, bytes=50_000_000),
        ),
        Source(
            id="harbour",
            feed="file:///srv/releases/local%20feeds/harbour.xml",
            from_entry=True,
            every=timedelta(seconds=5),
            veto=timedelta(minutes=90),
            budget=Budget(items=100, bytes=10**9),
            house_style=OF_PUBLICATION,
        ),
    ),
    listen=Address("0.0.0.0", 80),
    admin=Address("::1", 8001),
    poll=PollSettings(
        every=timedelta(hours=1),
        timeout=timedelta(seconds=5),
        max_bytes=500_000,
        concurrency=8,
        per_host=1,
        host_gap=timedelta(seconds=3),
        websub=False,
        budget=Budget(items=100, bytes=10**9),
    ),
    retention=Retention(timedelta(days=30), timedelta(days=2), timedelta(days=1), backups=3),
    alerts=Webhook("https://hooks.example/T0/secret?a=1"),
    mail=Mail(
        Smtp("mail.example", 465, Encryption.TLS, "wire"), "wire@releases.example", ("desk@releases.example",)
    ),
    webhooks=(
        ReleaseWebhook("https://hooks.example/T0/secret", allow_networks=(ip_network("10.0.0.0/8"),)),
        ReleaseWebhook("https://hooks.example/T1/secret", "topics/sea", WebhookFormat.SLACK),
        ReleaseWebhook("https://hooks.example/T2/secret", "sources/coast-guard", WebhookFormat.TEAMS),
        ReleaseWebhook("https://hooks.example/T3/secret", "languages/pt", WebhookFormat.TEAMS),
        ReleaseWebhook("https://hooks.example/T4/secret", "", WebhookFormat.SLACK),
    ),
    hub=Hub(False, "https://hub.example/", (ip_network("10.0.0.0/8"),), HmacMethod.SHA512),
    hub_networks=(ip_network("127.0.0.0/8"), ip_network("fd00::/8")),
    admin_url="https://desk.example",
    admin_proxy=AdminProxy("X-Forwarded-User", (ip_network("127.0.0.0/8"),)),
    users=(
        User(
            "Ana María",
            Role.ADMIN,
            "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b/dWRWJTmaaJObG",
        ),
        User("jo@desk.example", Role.EDITOR),
    ),
    proxy="http://proxy.example:3128/",
    brand=Brand(
        logo=Path("/srv/releases/look/logo.svg"),
        colours=((Colour.TEXT, "#101010"), (Colour.ACCENT, "#ffaa00")),
        dark=((Colour.ACCENT, "#ffcc66"),),
        links=(
            (LinkKind.IMPRINT, "https://coast.example/imprint"),
            (LinkKind.TERMS, "https://coast.example/terms#use"),
        ),
        templates=Path("/srv/releases/look"),
    ),
    trusted_proxies=(ip_network("10.1.0.0/16"), ip_network("::1/128")),
    embed=Embedding(
        ("https://*.partner.example",),
        (("", ("http://a.example:8080",)), ("topics/sea", ("https://b.example",))),
    ),
)


ONE_ADDRESS = "sources:\n  - https://example.org/feed\n"
EMPTIED = "publication:\n  # name: X\npoll:\nretention:\nsources:\n  # - https://example.org/\n"
OVER_LINES = "publication:\n  disclaimer: >-\n    One\n    line.\n"
WORDS = "{feed: https://a.example/, organisation: 2026-11-24, language: no, id: 1e3}"


def listing(*lines: str) -> str:
    """A file with these sources."""
    return "sources:\n" + "".join(f"  - {line}\n" for line in lines)


def sources_of(*lines: str) -> tuple[Source, ...]:
    return parse(listing(*lines), HERE).sources


def feed_of(address: str) -> str:
    return sources_of(f'feed: "{address}"')[0].feed


def test_every_key_of_the_full_form_is_read() -> None:
    assert replace(parse(FULL, HERE), unnamed=()) == FULL_CONFIG


def test_one_address_is_a_whole_configuration() -> None:
    assert replace(parse(ONE_ADDRESS, HERE), unnamed=()) == Config(
        path=HERE,
        publication=Publication(
            name="Public releases",
            url="http://127.0.0.1:8000/",
            language="en",
            contact="desk@example.org",
            disclaimer=DEFAULT,
        ),
        store=Path("/srv/releases/store"),
        sources=(Source(id="example-org-feed", feed="https://example.org/feed", domains=("example.org",)),),
    )


def test_a_section_with_all_lines_commented_out_equals_an_absent_one() -> None:
    assert parse(EMPTIED, HERE) == parse("sources: []\n", HERE)


def test_a_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(b"\xef\xbb\xbfsources: []\n")
    assert replace(load(path), stamp="") == parse("sources: []\n", path) == parse("\ufeffsources: []\n", path)


def test_a_long_text_may_span_lines() -> None:
    assert parse(OVER_LINES, HERE).publication.disclaimer == Text((("", "One line."),))


def test_scalars_that_yaml_would_convert_stay_text() -> None:
    (source,) = sources_of(WORDS)
    assert (source.organisation, source.language, source.id) == ("2026-11-24", "no", "1e3")


LISTENING = [
    ("0.0.0.0:9000", "http://127.0.0.1:9000/"),
    ("'[::]:9000'", "http://127.0.0.1:9000/"),
    ("'[::1]:9000'", "http://[::1]:9000/"),
    ("127.0.0.1:0", "http://127.0.0.1:0/"),
]


@pytest.mark.parametrize(("listen", "url"), LISTENING)
def test_the_public_address_defaults_to_the_listening_address(listen: str, url: str) -> None:
    assert parse(f"listen: {listen}\n", HERE).publication.url == url


FEEDS = [
    ("HTTPS://Example.ORG", "https://example.org/"),
    ("http://example.org.:8080/a?b=c#d", "http://example.org:8080/a?b=c"),
    ("http://[2001:DB8::1]:80/feed", "http://[2001:db8::1]/feed"),
    ("https://bücher.example/feed", "https://xn--bcher-kva.example/feed"),
    ("file:/var/feeds/a.xml", "file:///var/feeds/a.xml"),
    ("file:///var/feeds/../a.xml", "file:///var/a.xml"),
    ("file:../a.xml", "file:///srv/a.xml"),
]


@pytest.mark.parametrize(("written", "feed"), FEEDS)
def test_a_feed_has_one_normal_form(written: str, feed: str) -> None:
    assert feed_of(written) == feed


LONG_ADDRESS = "https://example.org/" + "press/" * 20
WITHOUT_ID = (
    "https://www.example.org/a-b",
    "https://example.org/a/b",
    "https://example.org/a.b",
    "{id: example-org-a-b-2, feed: https://other.example/}",
    LONG_ADDRESS + "1",
    LONG_ADDRESS + "2",
    "https://feed/",
    "file:世界.xml",
)


def test_a_source_without_an_id_gets_the_slug_of_its_address() -> None:
    assert [source.id for source in sources_of(*WITHOUT_ID)] == [
        "example-org-a-b",
        "example-org-a-b",
        "example-org-a-b",
        "example-org-a-b-2",
        "example-org-press-press-press-press-press-press-pre-1936a48e",
        "example-org-press-press-press-press-press-press-pre-ced0f2db",
        "feed-2",
        "file",
    ]


KEYED = ("https://a.example/feed?key=abc", "https://a.example/feed?key=def")


def test_a_default_id_holds_nothing_of_the_query() -> None:
    assert [source.id for source in sources_of(*KEYED)] == ["a-example-feed", "a-example-feed"]


def test_a_source_without_an_id_is_noted_with_its_place() -> None:
    text = listing("https://a.example/", "{id: b, feed: https://b.example/}", "{feed: https://c.example/}")
    assert parse(text, HERE).unnamed == (Unnamed(0, 2, 5), Unnamed(2, 4, 6))


WARNED = [
    (
        "sources: []\n",
        ["no sources: nothing will be polled; add one with `publicwire add URL` or under sources:"],
    ),
    ("sources: ['file:a.xml']\n", []),
    (
        "sources: ['https://a.example/']\n",
        [
            "publication.contact desk@example.org is in a domain reserved for examples: "
            "set an address at which the polled organisations can reach you"
        ],
    ),
    ("publication: {contact: jo@press.int}\nsources: ['https://a.example/']\n", []),
    (
        "publication: {contact: jo@example.com}\nsources: ['https://a.example/']\n",
        [
            "publication.contact jo@example.com is in a domain reserved for examples: "
            "set an address at which the polled organisations can reach you"
        ],
    ),
    (
        "listen: 0.0.0.0:8000\nsources: ['file:a.xml']\n",
        [
            "publication.url is http://127.0.0.1:8000/, which other machines cannot open: set the public address"
        ],
    ),
    ("listen: localhost:8000\nsources: ['file:a.xml']\n", []),
    (
        "publication: {url: http://127.0.0.1:8000/}\nlisten: 127.0.0.1:9200\nsources: ['file:a.xml']\n",
        [
            "publication.url is http://127.0.0.1:8000/, but the service listens on port 9200: published links "
            "lead elsewhere; remove the key, or set the public address"
        ],
    ),
    (
        "publication: {brand: {colours: {accent: '#ff9900'}}}\nsources: ['file:a.xml']\n",
        [
            "publication.brand.colours: accent #ff9900 on tint #eef2f5 has a contrast of 1.9:1, "
            'and text needs 4.5:1 (WCAG 1.4.3); write `accent: "#9e5f00"`'
        ],
    ),
    (
        "trusted_proxies: [10.0.0.0/8, '::/0']\nsources: ['file:a.xml']\n",
        [
            "trusted_proxies holds ::/0: every client may say which address it has, so that no limit of "
            "searches or log-ins holds; name the networks of your proxies alone"
        ],
    ),
    (
        "admin: 0.0.0.0:8001\nsources: ['file:a.xml']\n",
        ["admin listens on 0.0.0.0:8001, which other machines can reach: use 127.0.0.1 or a closed network"],
    ),
]


@pytest.mark.parametrize(("text", "warned"), WARNED)
def test_a_valid_setting_that_is_probably_wrong_raises_a_warning(text: str, warned: list[str]) -> None:
    assert list(warnings(parse(text, HERE))) == warned


def test_the_file_that_ships_is_valid_and_starts_with_a_source_that_needs_no_network() -> None:
    config = load(REPO_ROOT / "sources.yaml")
    first, *others = config.sources
    assert first == replace(
        first, id="sample-newsroom", feed=(REPO_ROOT / "docs/sample-newsroom.xml").as_uri()
    )
    assert (REPO_ROOT / "docs/sample-newsroom.xml").is_file()
    assert 8 <= len(others) <= 12
    assert all(source.licence or source.republish is Republish.EXCERPT for source in others)


def test_the_webhook_of_alerts_is_in_no_repr_of_the_configuration() -> None:
    assert "secret" not in repr(FULL_CONFIG)


@pytest.mark.parametrize(
    ("host", "is_foreign"),
    [
        ("authority.example", True),
        ("news.authority.example", True),
        (f"{'a.' * 200}authority.example", True),
        ("press.ministry.example", False),
        ("ministry.example", False),
        ("unknown.example", False),
        ("notauthority.example", False),
        ("", False),
        (None, True),
    ],
)
def test_a_host_in_the_domains_of_another_source_is_foreign(host: str | None, is_foreign: bool) -> None:
    ministry = source("ministry", domains=("ministry.example",))
    authority = source("authority", domains=("authority.example", "press.ministry.example"))
    assert config(ministry, authority).is_foreign(ministry, host) is is_foreign


def test_the_line_of_a_disclaimer_is_one_line() -> None:
    found = parse(
        "publication: {disclaimer_line: By us., disclaimer_lead: false}\nsources: []\n", HERE
    ).publication
    assert (found.disclaimer_line, found.disclaimer_lead) == (Text((("", "By us."),)), False)
    with pytest.raises(ConfigError, match="must be one line: write it without <p> and <br>"):
        parse("publication: {disclaimer_line: a<br>b}\n", HERE)


@pytest.mark.parametrize(
    ("written", "expires"),
    [
        ("2027-12-31", datetime(2027, 12, 31, tzinfo=UTC)),
        ("2027-12-31T12:00+02:00", datetime(2027, 12, 31, 10, tzinfo=UTC)),
        ("2027-12-31 12:00Z", datetime(2027, 12, 31, 12, tzinfo=UTC)),
    ],
)
def test_rights_expire_at_a_date_or_a_time_with_its_zone(written: str, expires: datetime) -> None:
    rights = f"{{expires: '{written}', attribution: By A, ai: {{train: allow, search: prohibit}}}}"
    (only,) = parse(f"sources: [{{feed: https://a.example/, rights: {rights}}}]", HERE).sources
    assert only.expires == expires
    assert (only.attribution, only.ai) == ("By A", Terms(train=Use.ALLOW, search=Use.PROHIBIT))


def test_the_next_expiry_of_rights_is_the_first_that_is_ahead() -> None:
    feeds = ("a: 2027-01-02", "b: 2027-01-03", "c: 2027-01-01")
    listed = "\n".join(
        f"  - {{feed: https://{each[0]}.example/, rights: {{expires: {each[3:]}}}}}" for each in feeds
    )
    config = parse(f"sources:\n{listed}\n", HERE)
    days = [datetime(2027, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    assert [config.next_expiry(day) for day in days] == [days[1], days[2], None]


@pytest.mark.parametrize(
    ("written", "hub", "address"),
    [
        ("own", Hub(), "http://127.0.0.1:8000/hub"),
        ("off", Hub(is_own=False), ""),
        ("https://hub.example", Hub(is_own=False, url="https://hub.example/"), "https://hub.example/"),
        ("{url: off}", Hub(is_own=False), ""),
        ("{signature: sha1}", Hub(signature=HmacMethod.SHA1), "http://127.0.0.1:8000/hub"),
        ("{}", Hub(), "http://127.0.0.1:8000/hub"),
    ],
)
def test_feeds_name_the_own_hub_another_or_none(written: str, hub: Hub, address: str) -> None:
    found = parse(f"hub: {written}\nsources: []\n", HERE)
    assert (found.hub, found.hub_url) == (hub, address)


@pytest.mark.parametrize(("written", "paused"), [("true", FOREVER), ("false", None)])
def test_a_pause_may_have_no_end(written: str, paused: datetime | None) -> None:
    (only,) = parse(f"sources: [{{feed: https://a.example/, paused: {written}}}]", HERE).sources
    assert only.paused == paused


def test_the_store_is_read_beside_mistakes_of_other_keys(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("store: data\ndatabase: postgresql://db.example/wire\nsources: [{feeed: x}]\npoll: 7\n")
    assert load_store(file) == (tmp_path / "data", "postgresql://db.example/wire")


def test_a_mistake_in_the_store_itself_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("database: mysql://db.example/wire\nsources: [{feeed: x}]\n")
    with pytest.raises(ConfigError, match="database: must be") as raised:
        load_store(file)
    assert len(raised.value.problems) == 1


def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    os.mkfifo(file)
    with pytest.raises(ConfigError, match="is not a regular file"):
        load(file)


def styled(*lines: str, of_all: str = "{}") -> HouseStyle:
    """Return the house style of a source with these lines, under one of the publication."""
    source = "\n    ".join(("  - feed: https://a.example/", *lines))
    return parse(f"publication: {{house_style: {of_all}}}\nsources:\n{source}\n", HERE).sources[0].house_style


def test_a_key_of_a_source_replaces_the_publications_and_may_take_its_rules_back() -> None:
    of_all = "{headline: title-case, drop: [p.a], replace: [[a, b]], dateline: drop}"
    none = "house_style: {headline: as-is, drop: [], replace: [], dateline: keep}"
    assert styled(none, of_all=of_all) == HouseStyle()
    own = styled("language: fr", "house_style: {headline: sentence-case}", of_all=of_all)
    assert own == HouseStyle(
        Headline.SENTENCE_CASE, ("p.a",), (Replacement("a", "b"),), "drop", version=RULES_VERSION
    )


@pytest.mark.parametrize("tag", ["en", "en-GB"])
def test_english_sources_may_have_headlines_in_title_case(tag: str) -> None:
    found = styled(f"language: {tag}", "house_style: {headline: title-case}")
    assert found.headline is Headline.TITLE_CASE
