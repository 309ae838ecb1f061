"""Reads sources.yaml: file → text → Config, or one ConfigError that names every mistake in file order.

Who fetches hands over the environment, for the credentials of sources; nobody else needs their variables set.
"""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from aggregator.config.build import EXAMPLE_CONTACT, build
from aggregator.config.credentials import Environment
from aggregator.config.read import Fault, Mapping, YamlError, place_of, read
from aggregator.config.values import CONTROL
from aggregator.errors import ConfigError, Problem
from aggregator.model.settings import Config

_START = (1, 1)


def load(path: Path, environment: Environment | None = None) -> Config:
    """The configuration in a file; ConfigError when it cannot be read or anything in it is wrong."""
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise _error(
            path, [(_START, "does not exist; create it, or name another file with --config")]
        ) from None
    except OSError as error:
        raise _error(path, [(_START, f"cannot be read: {error.strerror}")]) from error
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fault = (place_of(body, error.start), "is not UTF-8 from here on; save the file as UTF-8")
        raise _error(path, [fault]) from None
    return parse(text, path, environment)


def parse(text: str, path: Path, environment: Environment | None = None) -> Config:
    """The configuration in `text`, read as if it stood in the file `path`; ConfigError as `load`."""
    try:
        root = read(text)
    except YamlError as error:
        raise _error(path, error.faults) from None
    if root is None:
        raise _error(
            path, [(_START, "is empty; write `sources:` and under it `  - ` and the address of a feed")]
        )
    if not isinstance(root, Mapping):
        raise _error(path, [(_START, "must start with keys; write `sources:` above the list of feeds")])
    faults: list[Fault] = []
    config = build(root, path, faults, environment=environment)
    if faults:
        raise _error(path, faults)
    return config


def warnings(config: Config) -> tuple[str, ...]:
    """What is allowed and yet likely to be regretted, with what to do about it."""
    found = []
    url = config.publication.url
    if not config.sources:
        found.append(
            "no sources: nothing will be polled; add one with `publicwire add URL` or under sources:"
        )
    polls_others = any(source.feed.startswith("http") for source in config.sources)
    contact = config.publication.contact
    if polls_others and (contact == EXAMPLE_CONTACT or contact.rpartition("@")[2].startswith("example.")):
        found.append(
            f"publication.contact is the example {contact}: "
            "set an address at which the organisations we poll can reach you"
        )
    found += [
        f"{each.home} is asked over http: anybody on the way can read its credentials; use https"
        for each in config.credentials
        if each.home.startswith("http:") and not _is_here(urlsplit(each.home).hostname or "")
    ]
    if _is_here(urlsplit(url).hostname or "") and not _is_here(config.listen.host):
        found.append(f"publication.url is {url}, which others cannot open: set the public address")
    if not _is_here(config.admin.host):
        found.append(f"admin listens on {config.admin}, open to others: use 127.0.0.1 or a closed network")
    return tuple(found)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _error(path: Path, faults: list[Fault]) -> ConfigError:
    """One line a mistake, whatever characters the mistaken value holds."""
    lines = [(place, CONTROL.sub("\N{REPLACEMENT CHARACTER}", message)) for place, message in sorted(faults)]
    return ConfigError(tuple(Problem(str(path), *place, message) for place, message in lines))
