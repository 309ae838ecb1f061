"""Settings of what is pushed: alerts, the WebSub hub, webhooks of releases."""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from msgspec import Struct

from aggregator.model.hidden import hiding

Network = IPv4Network | IPv6Network


class Webhook(Struct, frozen=True):
    """An address to post to, which may hold a secret, and the private networks it may be in."""

    url: str
    allow_networks: tuple[Network, ...] = ()

    __repr__ = hiding("url")


class Encryption(StrEnum):
    """Encryption of the connection to a mail server (RFC 3207, RFC 8314)."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Smtp(Struct, frozen=True):
    """A mail server that takes messages (RFC 6409); `user` "": without a log-in."""

    host: str
    port: int = 587
    encryption: Encryption = Encryption.STARTTLS
    user: str = ""
    password: str = ""

    __repr__ = hiding("password")


class Mail(Struct, frozen=True):
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


class Hub(Struct, frozen=True):
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


class ReleaseWebhook(Struct, frozen=True):
    """An address that is told of the releases of a channel. Its address may hold a secret; `secret` signs."""

    url: str
    channel: str = ""  # by name; "": all
    format: WebhookFormat = WebhookFormat.JSON
    secret: str = ""
    allow_networks: tuple[Network, ...] = ()

    __repr__ = hiding("url", "secret")
