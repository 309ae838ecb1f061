"""The key `alerts` of sources.yaml: a webhook, and e-mail through a mail server."""

import re

from aggregator.config import addresses, values
from aggregator.config.credentials import Environment, secret
from aggregator.config.section import Section
from aggregator.model.push_settings import Encryption, Mail, Smtp, Webhook

PORTS = {Encryption.STARTTLS: 587, Encryption.TLS: 465, Encryption.NONE: 25}  # RFC 6409, RFC 8314
RECIPIENTS_MAX = 20
# RFC 5321 section 4.1.2, without quoted local parts: no character that ends a header field or an address.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
LOCAL_PART_CHARS_MAX = 64  # RFC 5321 section 4.5.3.1.1


def alerts(top: Section, environment: Environment | None) -> tuple[Webhook | None, Mail | None]:
    """Return webhook and mail of alerts, None for each that is not set."""
    if not top.is_mapping("alerts"):
        url = top.one("alerts", addresses.webhook, "")
        return (Webhook(url) if url else None), None
    section = top.section("alerts")
    url = section.one("url", addresses.webhook, "")
    networks = section.many("allow_networks", addresses.network)
    mail = _mail(section.section("email"), environment) if section.has("email") else None
    if not section.has("url") and not section.has("email"):
        section.fault("", "`url` or `email` is missing; add one of them")
    section.close()
    return (Webhook(url, networks) if url else None), mail


def address(value: str) -> str:
    """Return a mail address in ASCII, such as desk@example.org."""
    is_long = len(value) > 254 or value.find("@") > LOCAL_PART_CHARS_MAX
    if is_long or not _ADDRESS.fullmatch(value):
        raise ValueError("must be a bare mail address such as desk@example.org")
    return value


def _mail(section: Section, environment: Environment | None) -> Mail:
    to = section.many("to", address)
    if section.is_empty("to"):
        section.fault("to", "names no address; write `to: [desk@example.org]`")
    if len(to) > RECIPIENTS_MAX:
        section.fault("to", f"names more than {RECIPIENTS_MAX} addresses; use a mailing list")
    sender = section.need("from", address)
    mail = Mail(_smtp(section.section("smtp"), environment), sender, to)
    section.close()
    return mail


def _smtp(section: Section, environment: Environment | None) -> Smtp:
    host = section.need("host", addresses.host)
    encryption = section.one("encryption", values.choice(*Encryption), Encryption.STARTTLS)
    port = section.one("port", values.whole(1, 65535), PORTS[encryption])
    user = section.one("user", values.line, "")
    password = section.one("password", lambda value: secret(value, environment), "")
    if section.has("user") is not section.has("password"):
        missing = "password" if section.has("user") else "user"
        section.fault("", f"`{missing}` is missing; add it")
    if section.has("password") and encryption is Encryption.NONE:
        section.fault("encryption", "none would send the password in the clear; write starttls or tls")
    section.close()
    return Smtp(host, port, encryption, user, password)
