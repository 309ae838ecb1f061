"""Every mistake in sources.yaml is one line with its place and its cure."""

from pathlib import Path

import pytest

from aggregator.config import load, parse
from aggregator.errors import ConfigError

SLUGS = "may hold a-z, 0-9 and -, start with a letter or digit and have up to 60 characters"
SOURCE_KEYS = (
    "group, feed, organisation, topics, rights, id, domains, every, language, timezone, disclaimer, only, skip, "
    "publish, embargo, priority, paused, burst, first_import, budget, allow_networks, feed_public, history, "
    "index, quarantine, links_to, full_text, house_style, auth, headers"
)
SELECTOR = "is no CSS selector; write one such as p.media-contact or #boilerplate"
NETWORK = "must be a network such as 127.0.0.0/8, 10.1.2.3/32 or fd00::/8"
ORIGIN = "must be an origin such as https://partner.example or https://*.partner.example, without a path"
CHANNEL = "must be all, topics/TOPIC, sources/ID or languages/LANGUAGE, such as languages/en"
PAIR = 'must be two texts, such as ["per cent", "percent"], or {from: x, to: y, in: title}'
HOUSE_STYLE = [
    ("x", 5, "house_style: must be a mapping of keys such as `name: value`"),
    ("{headlines: as-is}", 19, "house_style.headlines: unknown key; did you mean `headline`?"),
    (
        "{headline: Title}",
        19,
        "house_style.headline: `Title` is unknown; use one of: as-is, title-case, sentence-case",
    ),
    ("{drop: p}", 19, "house_style.drop: must be a list; write `drop: [p]`"),
    *(
        (f"{{drop: ['{each}']}}", 26, f"house_style.drop.0: `{each}` {SELECTOR}")
        for each in ("p..a", "p,", "a::b")
    ),
    ("{drop: ['']}", 26, "house_style.drop.0: is empty; give a text or remove the line"),
    (f"{{drop: [{'p, ' * 51}]}}", 19, "house_style.drop: has 51 rules; 50 are allowed"),
    *(
        (f"{{replace: [{each}]}}", 29, f"house_style.replace.0: {PAIR}")
        for each in ("x", "[a]", "[a, b, c]", "{to: x}")
    ),
    (
        "{replace: [{from: a, by: b}]}",
        29,
        "house_style.replace.0: `by` is no key here; known are: from, to, in",
    ),
    (
        "{replace: [{from: a, in: lead}]}",
        29,
        "house_style.replace.0: `lead` is unknown; use one of: all, title, text",
    ),
    ("{replace: [['', b]]}", 29, "house_style.replace.0: is empty; give a text or remove the line"),
    (f"{{replace: [[a, {'b' * 201}]]}}", 29, "house_style.replace.0: must have up to 200 characters"),
    (f"{{replace: [{'[a, b], ' * 101}]}}", 19, "house_style.replace: has 101 rules; 100 are allowed"),
    (
        "{dateline: '{city} –'}",
        19,
        "house_style.dateline: may hold {place} and no other braces, as in `{place} –`",
    ),
    ("{max_words: 49}", 19, "house_style.max_words: must be a whole number between 50 and 100000"),
]
LANGUAGE = "must be a language tag such as en, fr or pt-BR"
ONE_TEXT = "must be one text, not a list or a mapping; put it in quotes if it starts with [ or {"
NO_VALUE = "has no value; give one or remove the line"
COLOUR = 'must be a colour such as "#1d4f7c", in quotes: a bare # starts a comment'
RULE = 'must be one field and its pattern, such as {title: "(?i)human rights"}'
SIZE = "must be a number and a unit (B, KB or MB), such as 500KB or 10MB"
SPAN = "must be a number and one unit (s, m, h or d), such as 30s, 15m, 6h or 400d"
GLOBAL = (
    "would let any feed redirect into these networks; move it to the sources that are in them, "
    "to `alerts: {url: …, allow_networks: …}` or to `websub: {allow_networks: …}`"
)
NETWORK = "must be a network such as 127.0.0.0/8, 10.1.2.3/32 or fd00::/8"
PROXY = "must be http://, a host and a port, such as http://proxy.example:3128"
LISTEN = "must be host:port, such as 127.0.0.1:8000, [::1]:8000 or 0.0.0.0:80"
NO_FILE = "names no file; write file:name.xml beside this file, or file:///path/name.xml"
BARE_HOST = "must be a bare host name such as example.org, without https://, path, port or *"
CONTACT = "must be a mail address or the address of a page, such as desk@example.org"
ALIAS = "`*` repeats another value; write the value out here, in quotes if it starts with *"
MAIL = "alerts: {{email: {{to: {to}, from: w@example.org, smtp: {smtp}}}}}\n"
TAG = "`!` starts a tag, which is not allowed; remove it, or put the value in quotes"
ONE_LINE = "must be one line without control characters; for long text use `>-`"


def mistakes_in(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, Path("sources.yaml"))
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem).removeprefix("sources.yaml:") for problem in caught.value.problems]


def of_source(line: str) -> str:
    """Return a file whose only source has `line` as its third line, at column 5."""
    return f"sources:\n  - feed: https://a.example/feed\n    {line}\n"


def of_feed(address: str) -> str:
    return f"sources:\n  - id: a\n    feed: {address}\n"


YAML = [
    ("", "1:1: is empty; write `sources:` and under it `  - ` and the address of a feed"),
    ("# only a comment\n", "1:1: is empty; write `sources:` and under it `  - ` and the address of a feed"),
    ("- https://a.example/feed\n", "1:1: must start with keys; write `sources:` above the list of feeds"),
    ("just words", "1:1: must start with keys; write `sources:` above the list of feeds"),
    ("sources:\n\t- https://a.example/\n", "2:1: a tab is used here; indent with spaces"),
    ("store: @x\n", "1:8: a value cannot start with this character; put it in quotes"),
    (
        "publication:\n  name: Press: today\n",
        "2:14: no key is expected here; check the indentation, and quote a value that holds `: `",
    ),
    ("store: 'x\n", "2:1: the file ends inside quotes (opened on line 1); close them"),
    (
        "sources: [a\nstore: b\n",
        "2:6: a list or mapping in brackets is not closed (opened on line 1); did not find expected ',' or ']'",
    ),
    (
        "poll:\n    every: 5m\n  timeout: 3s\n",
        "3:3: wrong indentation (in the block that begins on line 1); start every line of a block in the same column",
    ),
    ("%YAML 3.0\n---\nstore: x\n", "1:1: not readable as YAML: found incompatible YAML document"),
    ("store: é\x07\n", "1:9: a control character is not allowed here; remove it"),
    ("store: a\nstore: b\n", "2:1: `store` is already given on line 1; keep one of the two"),
    ("? [a]\n: b\n", "1:3: a key must be plain text, not a list or a mapping"),
    ("{[a]: b}\n", "1:2: a key must be plain text, not a list or a mapping"),
    ("~: b\n", "1:1: a key is missing before the colon"),
    ("store: a\n---\nstore: b\n", "2:1: a second document starts here; remove the line `---`"),
    (
        "store: !!python/object/apply:os.system [ls]\n",
        f"1:8: {TAG}",
    ),
    ("store: !secret x\n", f"1:8: {TAG}"),
    (
        "store: &a x\nlisten: *a\n",
        f"2:9: {ALIAS}",
    ),
    (
        "poll: &a {every: 5m}\nretention:\n  <<: *a\n",
        f"3:7: {ALIAS}",
    ),
    (
        "a: &a [*a, *a]\n",
        f"1:8: {ALIAS}\n1:12: {ALIAS}",
    ),
    ("*a : b\n", f"1:1: {ALIAS}"),
]

# Keys of the whole file, in the order in which they are read.
KNOWN = "listen, admin, poll, publication, topics, topic_rules, sources, defaults, groups, store, database, retention, websub, proxy, alerts, hub, webhooks, trusted_proxies, embed, admin_proxy, users, admin_url"
TOP = [
    ("source: []\n", "1:1: source: unknown key; did you mean `sources`?"),
    (
        "colour: https://a.example/\n",
        f"1:1: colour: unknown key; known are: {KNOWN}",
    ),
    ("poll: fast\n", "1:1: poll: must be a mapping of keys such as `name: value`"),
    ("sources: https://a.example/\n", "1:1: sources: must be a list; write `sources: [https://a.example/]`"),
    ("sources: https://jo:pw@a.example/\n", "1:1: sources: must be a list"),
    (
        '"a\\nb\\e[0m": c\n',
        f"1:1: a�b�[0m: unknown key; known are: {KNOWN}",
    ),
    ("sources: {a: b}\n", "1:1: sources: must be a list"),
    ("sources:\n  - []\n", "2:5: sources.0: must be a mapping of keys such as `name: value`"),
    ("sources:\n  -\n", "2:4: sources.0: `feed` is missing; add it"),
    ("sources:\n  - id: a\n", "2:5: sources.0: `feed` is missing; add it"),
    ("proxy: http://proxy.example/a\n", f"1:1: proxy: {PROXY}"),
    (
        "trusted_proxies: 10.0.0.1\n",
        "1:1: trusted_proxies: must be a list; write `trusted_proxies: [10.0.0.1]`",
    ),
    ("trusted_proxies: [lan]\n", f"1:19: trusted_proxies.0: {NETWORK}"),
    ("embed: {allow: [partner.example]}\n", f"1:17: embed.allow.0: {ORIGIN}"),
    ("embed: {allow: ['https://*']}\n", f"1:17: embed.allow.0: {ORIGIN}"),
    ("embed: {allow: [https://partner.example/news]}\n", f"1:17: embed.allow.0: {ORIGIN}"),
    ("embed: {allow: [https://a.example;img-src]}\n", f"1:17: embed.allow.0: {ORIGIN}"),
    ("embed: {channels: {news: []}}\n", f"1:20: embed.channels: {CHANNEL}"),
    (
        "embed: {channels: {all: https://a.example}}\n",
        "1:20: embed.channels: `all` must be a list of origins; write `all: [https://partner.example]`",
    ),
    ("embed: {channels: {topics/sea: []}}\n", "1:20: embed.channels: `topics/sea`: no source has this topic"),
    (
        f"embed: {{allow: [{'https://a.example, ' * 101}]}}\n",
        "1:1: embed: has more than 100 origins of one channel; they go out in each response",
    ),
    ("embed: {sites: []}\n", "1:9: embed.sites: unknown key; known are: allow, channels"),
    ("proxy: http://proxy.example:3128?a\n", f"1:1: proxy: {PROXY}"),
    ("proxy: https://proxy.example:3128\n", f"1:1: proxy: {PROXY}"),
    (
        "proxy: socks5://proxy.example\n",
        "1:1: proxy: `socks5://proxy.example` is not a URL; it starts with http://",
    ),
    (
        "proxy: http://jo:pw@proxy.example\n",
        "1:1: proxy: holds a user name or password, which is not sent; use a proxy that asks for none",
    ),
    ("listen: 8000\n", f"1:1: listen: {LISTEN}"),
    ("listen: 127.0.0.1:66000\n", f"1:1: listen: {LISTEN}"),
    ("admin: ::1:8000\n", f"1:1: admin: {LISTEN}"),
    (
        "admin: 127.0.0.1:8000\n",
        "1:1: admin: is the same as listen; give it another port, such as 8001",
    ),
    ("store:\n", f"1:1: store: {NO_VALUE}"),
    ('store: ""\n', "1:1: store: is empty; give a text or remove the line"),
    ("poll: {every: 30s}\n", "1:8: poll.every: must be between 1m and 30d"),
    ("poll: {every: 15}\n", f"1:8: poll.every: {SPAN}"),
    ("poll: {timeout: 1h}\n", "1:8: poll.timeout: must be between 1s and 10m"),
    ("poll: {max_bytes: 10MiB}\n", f"1:8: poll.max_bytes: {SIZE}"),
    (
        of_source("budget: {bytes: 5}"),
        "3:14: sources.0.budget.bytes: must be a number and a unit (MB or GB), such as 200MB or 2GB, "
        "between 1MB and 1000GB",
    ),
    ("poll: {max_bytes: 65MB}\n", "1:8: poll.max_bytes: must be between 1KB and 64MB"),
    ("poll: {concurrency: many}\n", "1:8: poll.concurrency: must be a whole number between 1 and 1000"),
    ("poll: {websub: yes}\n", "1:8: poll.websub: `yes` is unknown; use one of: true, false"),
    ("poll: {per_host: 0}\n", "1:8: poll.per_host: must be a whole number between 1 and 100"),
    ("websub: {allow_networks: [10.0.0.1/8]}\n", f"1:27: websub.allow_networks.0: {NETWORK}"),
    (
        "poll: {websub: {allow_networks: [10.0.0.0/8]}}\n",
        "1:8: poll.websub: is true or false here; write `websub: {allow_networks: …}` at the top level, "
        "beside `poll:`",
    ),
    ("poll: {allow_networks: [10.0.0.0/8]}\n", f"1:8: poll.allow_networks: {GLOBAL}"),
    ("hub: on\n", "1:1: hub: must be `own`, `off` or the address of another hub"),
    ("hub: hub.example/x\n", "1:1: hub: must be `own`, `off` or the address of another hub"),
    (
        "hub: https://desk:secret@hub.example/\n",
        "1:1: hub: holds a user name or password, which is not sent; give an address without it",
    ),
    ("hub: {url: ftp://hub.example/}\n", "1:7: hub.url: is not a URL; it starts with https:// or http://"),
    (
        "hub: {signature: md5}\n",
        "1:7: hub.signature: `md5` is unknown; use one of: sha1, sha256, sha384, sha512",
    ),
    ("hub: {allow_networks: [hosts]}\n", f"1:24: hub.allow_networks.0: {NETWORK}"),
    ("hub: {lease: 5d}\n", "1:7: hub.lease: unknown key; known are: url, signature, allow_networks"),
    (
        "webhooks: https://hooks.example/\n",
        "1:1: webhooks: must be a list; write `webhooks: [https://hooks.example/]`",
    ),
    (
        "webhooks: [{url: https://hooks.example/}]\n",
        "1:12: webhooks.0: `secret` is missing; add `secret: $NAME` with the name of an environment variable",
    ),
    ("webhooks: [{secret: $HOOK}]\n", "1:12: webhooks.0: `url` is missing; add it"),
    (
        "webhooks: [{url: https://hooks.example/, secret: hunter2}]\n",
        "1:42: webhooks.0.secret: must name the environment variable that holds it, in capitals, such as "
        "$PRESS_KEY; secrets do not belong in this file",
    ),
    (
        "webhooks: [{url: https://hooks.example/, secret: $HOOK, format: mail}]\n",
        "1:57: webhooks.0.format: `mail` is unknown; use one of: json, slack, teams",
    ),
    (
        "webhooks: [{url: https://hooks.example/, secret: $HOOK, channel: press}]\n",
        "1:57: webhooks.0.channel: must be all, topics/TOPIC, sources/ID or languages/LANGUAGE, such as "
        "languages/en",
    ),
    (
        "webhooks: [{url: https://hooks.example/, format: slack, channel: topics/sea}]\n",
        "1:57: webhooks.0.channel: no source has this topic",
    ),
    (
        "webhooks: [{url: https://hooks.example/, format: slack, channel: sources/sea}]\n",
        "1:57: webhooks.0.channel: no source has this id",
    ),
    (
        "webhooks: [{url: https://hooks.example/x, format: slack}, {url: https://hooks.example/x, format: teams}]\n",
        "1:60: webhooks.1.url: is the same address as that of webhooks.0; remove one",
    ),
    (
        "webhooks: [{url: https://hooks.example/, format: slack, when: now}]\n",
        "1:57: webhooks.0.when: unknown key; known are: format, url, channel, secret, allow_networks",
    ),
    ("alerts: hooks.example/x\n", "1:1: alerts: is not a URL; it starts with https:// or http://"),
    (
        "alerts: https://desk:secret@hooks.example/\n",
        "1:1: alerts: holds a user name or password, which is not sent; give an address without it",
    ),
    ("alerts: {allow_networks: []}\n", "1:1: alerts: `url` or `email` is missing; add one of them"),
    (
        MAIL.format(to="[]", smtp="{host: m.example}"),
        "1:18: alerts.email.to: names no address; write `to: [desk@example.org]`",
    ),
    (
        MAIL.format(to=f"[{', '.join(f'd{n}@example.org' for n in range(21))}]", smtp="{host: m.example}"),
        "1:18: alerts.email.to: names more than 20 addresses; use a mailing list",
    ),
    (
        MAIL.format(to="[Desk <desk@example.org>]", smtp="{host: m.example}"),
        "1:23: alerts.email.to.0: must be a bare mail address such as desk@example.org",
    ),
    (
        "alerts: {email: {to: [d@example.org], smtp: {host: m.example}}}\n",
        "1:10: alerts.email: `from` is missing; add it",
    ),
    (
        MAIL.format(to="[d@b.example]", smtp="{port: 25}"),
        "1:58: alerts.email.smtp: `host` is missing; add it",
    ),
    (
        MAIL.format(to="[d@b.example]", smtp="{host: m.example, user: desk}"),
        "1:58: alerts.email.smtp: `password` is missing; add it",
    ),
    (
        MAIL.format(to="[d@b.example]", smtp="{host: m.example, password: $SMTP}"),
        "1:58: alerts.email.smtp: `user` is missing; add it",
    ),
    (
        MAIL.format(to="[d@b.example]", smtp="{host: m.example, user: d, password: $SMTP, encryption: none}"),
        "1:108: alerts.email.smtp.encryption: none would send the password in the clear; write starttls or tls",
    ),
    (
        MAIL.format(to="[d@b.example]", smtp="{host: m.example, user: d, password: hunter2}"),
        "1:91: alerts.email.smtp.password: must name the environment variable that holds it, in capitals, such as "
        "$PRESS_KEY; secrets do not belong in this file",
    ),
    ("poll: {host_gap: 11m}\n", "1:8: poll.host_gap: must be between 0s and 10m"),
    ("retention: {items: 400}\n", f"1:13: retention.items: {SPAN}"),
    ("retention: {backups: -1}\n", "1:13: retention.backups: must be a whole number between 0 and 1000"),
    (
        "publication: {title: X}\n",
        "1:15: publication.title: unknown key; known are: name, url, language, contact, disclaimer, description, "
        "disclaimer_line, disclaimer_lead, images, timezone, words, security, house_style, brand, links, templates",
    ),
    (
        "publication: {brand: {logos: x}}\n",
        "1:23: publication.brand.logos: unknown key; did you mean `logo`?",
    ),
    (
        "publication: {brand: {colours: {accents: '#fff'}}}\n",
        "1:33: publication.brand.colours.accents: unknown key; did you mean `accent`?",
    ),
    (
        "publication: {brand: {colours: {dark: {ink: '#fff'}}}}\n",
        "1:40: publication.brand.colours.dark.ink: unknown key; known are: background, surface, tint, text, "
        "muted, accent, alarm, border",
    ),
    (
        "publication:\n  brand:\n    colours:\n      accent: #fff\n",
        f"4:7: publication.brand.colours.accent: {COLOUR}",
    ),
    ("publication: {brand: {colours: {text: black}}}\n", f"1:33: publication.brand.colours.text: {COLOUR}"),
    (
        "publication: {brand: {logo: ''}}\n",
        "1:23: publication.brand.logo: is empty; give a text or remove the line",
    ),
    (
        "publication: {links: {imprint: /imprint}}\n",
        "1:23: publication.links.imprint: `/imprint` is not a URL; it starts with https:// or http://",
    ),
    (
        "publication: {links: {about: https://a.example/}}\n",
        "1:23: publication.links.about: unknown key; known are: imprint, privacy, terms",
    ),
    (
        "publication: {images: all}\n",
        "1:15: publication.images: `all` is unknown; use one of: origin, none, proxy",
    ),
    ("publication: {templates: [x]}\n", f"1:15: publication.templates: {ONE_TEXT}"),
    ("publication: {name: [X]}\n", f"1:15: publication.name: {ONE_TEXT}"),
    ('publication: {name: "a\\nb"}\n', f"1:15: publication.name: {ONE_LINE}"),
    (
        "publication: {url: releases.example}\n",
        "1:15: publication.url: `releases.example` is not a URL; it starts with https:// or http://",
    ),
    (
        "publication: {url: 'https://a.example/?x=1'}\n",
        "1:15: publication.url: must not hold a query; remove `?` and what follows",
    ),
    ("publication: {contact: Jo <jo@a.example>}\n", f"1:15: publication.contact: {CONTACT}"),
    ("publication: {contact: nobody}\n", f"1:15: publication.contact: {CONTACT}"),
    ("publication: {language: english}\n", f"1:15: publication.language: {LANGUAGE}"),
    (
        "publication: {disclaimer: {fr: Non.}}\n",
        "1:15: publication.disclaimer: has no text for items in other languages; add `default:`",
    ),
]

SOURCES = [
    (
        of_feed("a.example/feed"),
        "3:5: sources.0.feed: `a.example/feed` is not a URL; it starts with https://, http:// or file:",
    ),
    (
        of_feed("ftp://a.example/feed"),
        "3:5: sources.0.feed: `ftp://a.example/feed` is not a URL; it starts with https://, http:// or file:",
    ),
    (
        of_feed("ftp://a.example/jo:pw@b"),
        "3:5: sources.0.feed: is not a URL; it starts with https://, http:// or file:",
    ),
    (
        of_feed("https:///feed"),
        "3:5: sources.0.feed: names no host; write it as https://example.org/feed.xml",
    ),
    (
        of_feed("https://a.example:99999/"),
        "3:5: sources.0.feed: is not a URL: its host or port is invalid",
    ),
    (of_feed("https://[::1/"), "3:5: sources.0.feed: is not a URL: its host or port is invalid"),
    (
        of_feed("https://a b.example/"),
        "3:5: sources.0.feed: contains a space or a control character; write a space as %20",
    ),
    (
        of_feed("https://a..example/"),
        "3:5: sources.0.feed: `a..example` is not a host name; write it as example.org",
    ),
    (of_feed("https://xn--ü.example/"), "3:5: sources.0.feed: `xn--ü.example` is not a host name"),
    (
        of_feed("https://straße.example/"),
        "3:5: sources.0.feed: the host `straße.example` has two readings; write it in its xn-- form",
    ),
    (
        of_feed("https://jo:pw@a.example/feed"),
        "3:5: sources.0.feed: holds a user name or password; give the address without it, and `auth` beside it",
    ),
    (
        of_feed("jo:pw@a.example/feed"),
        "3:5: sources.0.feed: holds a user name or password; give the address without it, and `auth` beside it",
    ),
    (of_feed("'file:'"), f"3:5: sources.0.feed: {NO_FILE}"),
    (of_feed("file:a%00b"), f"3:5: sources.0.feed: {NO_FILE}"),
    (
        of_feed("file://server/feed.xml"),
        "3:5: sources.0.feed: names another machine; write file:name.xml beside this file, or file:///path/name.xml",
    ),
    (of_feed(""), f"3:5: sources.0.feed: {NO_VALUE}"),
    (
        "sources: [a.example]\n",
        "1:11: sources.0.feed: `a.example` is not a URL; it starts with https://, http:// or file:",
    ),
    (
        "sources:\n  - https://a.example/feed\n  - feed: http://A.EXAMPLE:80/feed#top\n",
        "3:5: sources.1.feed: is the same feed as sources.0; remove one of the two",
    ),
    (
        "sources:\n  - https://a.example/\n  - https://a.example\n",
        "3:5: sources.1.feed: is the same feed as sources.0; remove one of the two",
    ),
    (
        "sources:\n  - {id: a, feed: https://a.example/}\n  - feed: https://b.example/\n    id: a\n",
        "4:5: sources.1.id: `a` is already the id of sources.0; choose another",
    ),
    (of_source("id: World Health"), f"3:5: sources.0.id: {SLUGS}; write `world-health`"),
    (of_source("id: 世界"), f"3:5: sources.0.id: {SLUGS}"),
    (
        of_source("id: feed"),
        "3:5: sources.0.id: `feed` is reserved for the addresses of Publicwire itself; choose another",
    ),
    (of_source("topics: health"), "3:5: sources.0.topics: must be a list; write `topics: [health]`"),
    (of_source("topics: [health, Human Rights]"), f"3:22: sources.0.topics.1: {SLUGS}; write `human-rights`"),
    (
        of_source("topics: [health, ]x"),
        "3:23: wrong indentation (in the block that begins on line 2); start every line of a block in the same column",
    ),
    (of_source("domains: ['*.a.example']"), f"3:15: sources.0.domains.0: {BARE_HOST}"),
    (of_source("domains: [https://a.example/]"), f"3:15: sources.0.domains.0: {BARE_HOST}"),
    (of_source("every: 10s"), "3:5: sources.0.every: must be between 1m and 30d"),
    (
        of_source("timezone: Europe"),
        "3:5: sources.0.timezone: `Europe` is not a time zone; name one such as Europe/Vienna or UTC",
    ),
    (
        of_source("timezone: Europe/Wien"),
        "3:5: sources.0.timezone: `Europe/Wien` is not a time zone; did you mean `Europe/Vienna`?",
    ),
    (
        of_source("timezone: ../etc"),
        "3:5: sources.0.timezone: `../etc` is not a time zone; name one such as Europe/Vienna or UTC",
    ),
    (
        of_source("publish: now"),
        "3:5: sources.0.publish: `now` is unknown; use one of: live, review, after 2h",
    ),
    (of_source("publish: after"), "3:5: sources.0.publish: `after` is unknown; did you mean `after 2h`?"),
    (
        of_source("publish: after 2 hours"),
        "3:5: sources.0.publish: `after 2 hours` is unknown; did you mean `after 2h`?",
    ),
    (
        of_source("publish: after 2w"),
        "3:5: sources.0.publish: must be a number and one unit (s, m, h or d), such as 30s, 15m, 6h or 400d",
    ),
    (of_source("publish: after 31d"), "3:5: sources.0.publish: must be between 1m and 30d"),
    (of_source("embargo: holt"), "3:5: sources.0.embargo: `holt` is unknown; did you mean `hold`?"),
    (
        of_source("rights: {republish: ful}"),
        "3:14: sources.0.rights.republish: `ful` is unknown; did you mean `full`?",
    ),
    (
        of_source("rights: {license: X}"),
        "3:14: sources.0.rights.license: unknown key; did you mean `licence`?",
    ),
    *(
        (
            of_source(f"rights: {{expires: {wrong}}}"),
            "3:14: sources.0.rights.expires: must be a date such as 2027-12-31, or a time with its zone: "
            "2027-12-31T12:00Z",
        )
        for wrong in ("tomorrow", "2027-02-30", "2027-12-31T12:00", "0001-01-01T00:00+01:00")
    ),
    (
        of_source("rights: {ai: {train: no}}"),
        "3:19: sources.0.rights.ai.train: `no` is unknown; use one of: allow, prohibit",
    ),
    (
        of_source("rights: {until: 2027-01-01}"),
        "3:14: sources.0.rights.until: unknown key; known are: republish, licence, attribution, expires, ai",
    ),
    (
        of_source("full_text: true\n    rights: {republish: excerpt}"),
        "3:5: sources.0.full_text: shows nothing under `rights: {republish: excerpt}`: remove one of the two",
    ),
    (of_source("full_text: yes"), "3:5: sources.0.full_text: `yes` is unknown; use one of: true, false"),
    (of_source("full_texts: true"), "3:5: sources.0.full_texts: unknown key; did you mean `full_text`?"),
    *(
        (of_source(f"house_style: {line}"), f"3:{place}: sources.0.{said}")
        for line, place, said in HOUSE_STYLE
    ),
    *(
        (
            of_source(f"language: {tag}\n    house_style: {{headline: title-case}}"),
            f"3:5: sources.0.language: `{tag}` has no headlines in title-case, which is English; "
            "write `house_style: {headline: sentence-case}` for this source",
        )
        for tag in ("fr", "pt-BR")
    ),
    (
        "publication: {house_style: {headline: title-case}}\n" + of_source("language: de"),
        "4:5: sources.0.language: `de` has no headlines in title-case, which is English; "
        "write `house_style: {headline: sentence-case}` for this source",
    ),
    (of_source("organization: X"), "3:5: sources.0.organization: unknown key; did you mean `organisation`?"),
    (of_source("priority: high"), "3:5: sources.0.priority: must be a whole number between -1000 and 1000"),
    (of_source("only: {title: x}"), "3:5: sources.0.only: must be a list"),
    (of_source("only: [x]"), f"3:12: sources.0.only.0: {RULE}"),
    (of_source("skip: [{title: x, url: y}]"), f"3:12: sources.0.skip.0: {RULE}"),
    (
        of_source("skip: [{titel: x}]"),
        "3:12: sources.0.skip.0: `titel` is not a field; did you mean `title`?",
    ),
    (of_source("skip: [{title: [x]}]"), f"3:12: sources.0.skip.0: {ONE_TEXT}"),
    (
        of_source("skip: [{title: 'a(b'}]"),
        "3:12: sources.0.skip.0: the pattern does not compile: missing ), unterminated subpattern at character 2",
    ),
    (
        of_source("skip: [{title: 'a{99999999999}'}]"),
        "3:12: sources.0.skip.0: the pattern does not compile: it is too large",
    ),
    (
        of_source("skip: [{title: '[[:x'}]"),
        "3:12: sources.0.skip.0: the pattern is ambiguous: Possible nested set at position 1; write `\\[` for a "
        "bracket",
    ),
    (
        of_source("disclaimer: ' '"),
        "3:5: sources.0.disclaimer: is empty; give a text, or remove the line to use the built-in text",
    ),
    (
        of_source("disclaimer: {}"),
        "3:5: sources.0.disclaimer: is an empty mapping; give a text, or one for each language and a `default`",
    ),
    (
        of_source('organisation: "Port \\u202e Office"'),
        "3:5: sources.0.organisation: must be one line without control characters; for long text use `>-`",
    ),
    (of_source("disclaimer: [x]"), f"3:5: sources.0.disclaimer: {ONE_TEXT}"),
    (of_source("disclaimer: {english: x}"), f"3:5: sources.0.disclaimer: `english` {LANGUAGE}"),
    (of_source("disclaimer: {fr: }"), f"3:5: sources.0.disclaimer: `fr` {NO_VALUE}"),
]


NAME = "must be a name of up to 60 characters, such as Ana or ana@example.org"
NO_HASH = "must be an Argon2id hash, $argon2id$v=19$…, which `publicwire user add` writes"
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b/dWRWJTmaaJObG"
NO_PASSWORD = (
    "users: [{name: Ana, role: editor}]\n",
    "1:9: users.0: `password` is missing; `publicwire user add NAME` writes the user with its hash",
)
TWICE = (
    f"users: [{{name: Ana, role: editor, password: {HASH!r}}}, {{name: Ana, role: admin, password: {HASH!r}}}]\n",
    "1:126: users.1.name: is the name of users.0, too; remove one",
)
DESK = [
    NO_PASSWORD,
    TWICE,
    (
        f"users: [{{role: editor, password: {HASH!r}}}]\n",
        "1:9: users.0: `name` is missing; add it",
    ),
    (
        f"users: [{{name: Ana, password: {HASH!r}}}]\n",
        "1:9: users.0: `role` is missing; add it",
    ),
    (
        f"users: [{{name: Ana, role: chief, password: {HASH!r}}}]\n",
        "1:21: users.0.role: `chief` is unknown; use one of: editor, admin",
    ),
    (f"users: [{{name: ' Ana', role: admin, password: {HASH!r}}}]\n", f"1:10: users.0.name: {NAME}"),
    (f"users: [{{name: {'a' * 61}, role: admin, password: {HASH!r}}}]\n", f"1:10: users.0.name: {NAME}"),
    ("users: [{name: Ana, role: admin, password: hunter2}]\n", f"1:34: users.0.password: {NO_HASH}"),
    *(
        (
            f"users: [{{name: Ana, role: admin, password: {HASH.replace('m=65536,t=3', cost)!r}}}]\n",
            "1:34: users.0.password: is an Argon2id hash of more than 262144 KiB, or of too many passes, which every "
            "attempt to log in would cost; `publicwire user add` writes one",
        )
        for cost in ("m=262145,t=1", "m=262144,t=5")
    ),
    (
        f"users: [{{name: Ana, role: admin, password: {HASH!r}, mail: a@b}}]\n",
        "1:123: users.0.mail: unknown key; known are: name, role, password",
    ),
    (
        "admin_url: https://desk.example/admin?x\n",
        "1:1: admin_url: must be an address with a path of a-z, 0-9 and - or without one, such as "
        "https://desk.example.org or https://intranet.example.org/newsroom",
    ),
    ("admin_url: desk.example\n", "1:1: admin_url: is not a URL; it starts with https:// or http://"),
    (
        "admin_proxy: {header: X-User}\n",
        "1:1: admin_proxy: `networks` is missing; add the networks of the proxy, such as [127.0.0.0/8]",
    ),
    (
        "admin_proxy: {header: X_User, networks: [127.0.0.0/8]}\n",
        "1:15: admin_proxy.header: must be the name of a header field, such as X-Remote-User",
    ),
]

MISTAKES = [*YAML, *TOP, *SOURCES, *DESK]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_is_one_line_with_its_place_and_its_cure(text: str, message: str) -> None:
    assert "\n".join(mistakes_in(text)) == message


UNKNOWN_NAME = of_source('disclaimer: "{{ nobody }}"')


def test_a_template_that_names_the_unknown_is_a_mistake() -> None:
    (mistake,) = mistakes_in(UNKNOWN_NAME)
    assert mistake.startswith("3:5: sources.0.disclaimer: ")


SEVERAL = """\
listen: nowhere
sources:
  - id: B B
    feed: https://a.example/
    every: soon
  - https://a.example/
colour: red
poll: {per_host: 500}
"""


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file() -> None:
    assert mistakes_in(SEVERAL) == [
        f"1:1: listen: {LISTEN}",
        f"3:5: sources.0.id: {SLUGS}; write `b-b`",
        f"5:5: sources.0.every: {SPAN}",
        "6:5: sources.1.feed: is the same feed as sources.0; remove one of the two",
        f"7:1: colour: unknown key; known are: {KNOWN}",
        "8:8: poll.per_host: must be a whole number between 1 and 100",
    ]


def test_nesting_without_end_is_refused_before_it_costs_anything() -> None:
    (mistake,) = mistakes_in("sources: " + "[" * 100_000)
    assert mistake.endswith("exceeded maximum nesting depth (in the block that begins on line 1)")


def test_a_missing_file_is_named_with_its_cure(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    with pytest.raises(ConfigError) as caught:
        load(path)
    cure = "`publicwire init` writes one, or name another file with --config"
    assert str(caught.value) == f"{path}:1:1: does not exist; {cure}"


def test_a_directory_in_place_of_the_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}:1:1: is a directory; name a file with --config, such as press/sources.yaml"
    )


def test_a_file_that_is_not_utf8_is_shown_where_it_stops_being_so(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes("store: é\nlisten: ".encode() + b"caf\xe9\n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:2:12: is not UTF-8 from here on; save the file as UTF-8"
