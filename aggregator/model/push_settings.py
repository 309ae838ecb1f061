"""Settings of what is pushed: alerts, the WebSub hub, webhooks of releases."""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address to post to, which may hold a secret, and the private networks it may be in."""

    url: str = field(repr=False)
    allow_networks: tuple[Network, ...] = ()


class Encryption(StrEnum):
    """Encryption of the connection to a mail server (RFC 3207, RFC 8314)."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server that takes messages (RFC 6409); `user` "": without a log-in."""

    host: str
    port: int = 587
    encryption: Encryption = Encryption.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """Addresses of the mail that the service sends; `to` get alerts."""

    smtp: Smtp
    sender: str
    to: tuple[str, ...] = ()


class HmacMethod(StrEnum):
    """Methods of X-Hub-Signature (WebSub section 7.1)."""

    SHA1 = "sha1"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


@dataclass(frozen=True, slots=True)
class Hub:
    """The WebSub hub that documents advertise: this service, the one at `url`, or none."""

    is_own: bool = True
    url: str = ""  # of another hub
    allow_networks: tuple[Network, ...] = ()  # private networks that callbacks, or the other hub, may be in
    signature: HmacMethod = HmacMethod.SHA256


class WebhookFormat(StrEnum):
    """Formats of the body that a webhook receives."""

    JSON = "json"
    SLACK = "slack"
    TEAMS = "teams"


@dataclass(frozen=True, slots=True)
class ReleaseWebhook:
    """An address that is told of the releases of a channel. Its address may hold a secret; `secret` signs."""

    url: str = field(repr=False)
    channel: str = ""  # by name; "": all
    format: WebhookFormat = WebhookFormat.JSON
    secret: str = field(default="", repr=False)
    allow_networks: tuple[Network, ...] = ()
