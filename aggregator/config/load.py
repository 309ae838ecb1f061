"""Read sources.yaml: file → text → Config, or one ConfigError that lists every mistake in file order.

Commands that fetch pass the environment, for the credentials of sources; without it no variable is read.
"""

import gc
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from aggregator.config.build import build, build_store
from aggregator.config.credentials import Environment
from aggregator.config.publication import EXAMPLE_CONTACT
from aggregator.config.read import Fault, Mapping, YamlError, place_of, read
from aggregator.config.values import CONTROL, did_you_mean
from aggregator.editorial.safe import masked_feed
from aggregator.errors import ConfigError, Problem, cure
from aggregator.model.file_stamp import file_stamp
from aggregator.model.settings import Config, Republish
from aggregator.policy import palette

_START = (1, 1)


def load(path: Path, environment: Environment | None = None) -> Config:
    """Return the configuration in a file; raises ConfigError if it is unreadable or holds a mistake.

    Sources without an id have a default one, which is final once `policy.source_ids` has bound it.
    """
    text = text_of(path)
    return stamped(parse(text, path, environment), text)


def load_store(path: Path) -> tuple[Path, str]:
    """Return directory and database URL of the store that a file names, whatever mistakes its other keys
    hold; raises ConfigError if these two are wrong, or the file is no YAML."""
    faults: list[Fault] = []
    store = build_store(_root(text_of(path), path), path, faults)
    if faults:
        raise _error(path, faults)
    return store


def text_of(path: Path) -> str:
    """Return the text of a regular file without its byte order mark; raises ConfigError."""
    try:
        # O_NONBLOCK: opening a pipe would wait for its writer, and a reload stop the service.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with os.fdopen(_regular(file, path), "rb") as stream:
            body = stream.read()
    except FileNotFoundError:
        fault = (_START, "does not exist; `publicwire init` writes one, or name another file with --config")
        raise _error(path, [fault]) from None
    except OSError as error:
        raise _error(path, [(_START, f"cannot be read: {error.strerror}{cure(error)}")]) from error
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fault = (place_of(body, error.start), "is not UTF-8 from here on; save the file as UTF-8")
        raise _error(path, [fault]) from None


def _regular(file: int, path: Path) -> int:
    """Return the descriptor; closed, with a ConfigError, if it is of anything but a regular file."""
    kind = os.fstat(file).st_mode
    if stat.S_ISREG(kind):
        return file
    os.close(file)
    what = "a directory" if stat.S_ISDIR(kind) else "not a regular file"
    raise _error(path, [(_START, f"is {what}; name a file with --config, such as press/sources.yaml")])


def parse(text: str, path: Path, environment: Environment | None = None) -> Config:
    """Return the configuration in `text` as if read from the file `path`; raises ConfigError as `load`."""
    faults: list[Fault] = []
    with _uncollected():
        config = build(_root(text, path), path, faults, environment=environment)
    if faults:
        raise _error(path, faults)
    return config


def stamped(config: Config, text: str) -> Config:
    """Return the configuration of the text of its file with its stamp; without one if it depends on more."""
    if config.database or "words" in text:  # the file of `publication.words` may be edited
        return config
    return replace(config, stamp=file_stamp(text, config.path, config.store))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Suspend the search for cyclic garbage: of millions of new objects all are in use, and to look at them
    again and again took 11 to 12 % of the CPU."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _root(text: str, path: Path) -> Mapping:
    try:
        root = read(text)
    except YamlError as error:
        raise _error(path, error.faults) from None
    if root is None:
        fault = (_START, "is empty; write `sources:` and under it `  - ` and the address of a feed")
        raise _error(path, [fault])
    if not isinstance(root, Mapping):
        raise _error(path, [(_START, "must start with keys; write `sources:` above the list of feeds")])
    return root


def warnings(config: Config) -> tuple[str, ...]:
    """Return a sentence for each valid setting that is probably a mistake in production, with the cure."""
    contact, url = config.publication.contact, config.publication.url
    is_example = contact == EXAMPLE_CONTACT or contact.rpartition("@")[2].startswith("example.")
    found = []
    if not config.sources:
        found.append(
            "no sources: nothing will be polled; add one with `publicwire add URL` or under sources:"
        )
    if is_example and any(source.feed.startswith("http") for source in config.sources):
        found.append(
            f"publication.contact {contact} is in a domain reserved for examples: "
            "set an address at which the polled organisations can reach you"
        )
    found += [
        f"{masked_feed(each.home)} is fetched over http, which sends its credentials unencrypted; use https"
        for each in config.credentials
        if each.home.startswith("http:") and not _is_local(urlsplit(each.home).hostname or "")
    ]
    found += [
        f"{source.id} is fetched with credentials and its items are published: see that its terms allow it, "
        "or write `rights: {republish: no}`"
        for source in config.sources
        if config.credentials_of(source) is not None and source.republish is not Republish.NO
    ]
    found += unreachable(config)
    if (
        config.listen.port
        and _is_local(urlsplit(url).hostname or "")
        and urlsplit(url).port != config.listen.port
    ):
        found.append(
            f"publication.url is {url}, but the service listens on port {config.listen.port}: published "
            "links lead elsewhere; remove the key, or set the public address"
        )
    if not _is_local(config.admin.host):
        found.append(
            f"admin listens on {config.admin}, which other machines can reach: "
            "use 127.0.0.1 or a closed network"
        )
    found += [
        f"trusted_proxies holds {network}: every client may say which address it has, so that no limit of "
        "searches or log-ins holds; name the networks of your proxies alone"
        for network in config.trusted_proxies
        if network.prefixlen == 0
    ]
    found += [*_unused_topics(config), *palette.advice(config.brand)]
    return tuple(found)


def unreachable(config: Config) -> list[str]:
    """Return a sentence if links lead to this machine, though the service listens for other ones."""
    url = config.publication.url
    if _is_local(config.listen.host) or not _is_local(urlsplit(url).hostname or ""):
        return []
    return [f"publication.url is {url}, which other machines cannot open: set the public address"]


def _unused_topics(config: Config) -> list[str]:
    """Return a sentence for each topic that `topics` names and no source has."""
    known = dict.fromkeys(topic for source in config.sources for topic in source.all_topics)
    return [
        f"topics.{each.slug} is a topic of no source{did_you_mean(each.slug, known)}"
        for each in config.publication.topics
        if known and each.slug not in known
    ]


def _is_local(host: str) -> bool:
    """Return whether a host is this machine (loopback, RFC 6761 section 6.3)."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _error(path: Path, faults: list[Fault]) -> ConfigError:
    """Return one line for each mistake; control characters are replaced, because values are quoted in it."""
    lines = [(place, CONTROL.sub("\N{REPLACEMENT CHARACTER}", message)) for place, message in sorted(faults)]
    return ConfigError(tuple(Problem(str(path), *place, message) for place, message in lines))
