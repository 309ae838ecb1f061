"""Messages that the service sends by e-mail (RFC 5322), through the operator's mail server (RFC 6409)."""

import hashlib
import re
import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from aggregator.errors import Cause, FetchError
from aggregator.model.push_settings import Encryption, Mail, Smtp

TIMEOUT = 30.0  # seconds of one answer of the mail server
SUBJECT_CHARS_MAX = 120
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def message(
    mail: Mail, to: Sequence[str], *, name: str, subject: str, text: str, now: datetime, key: str
) -> EmailMessage:
    """Return a message in plain text; `name` is that of the sender.

    Messages of the same `key` have the same Message-ID: one that is sent again is a duplicate. Control
    characters, which would begin another header field, are replaced by a space.
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(line(name), addr_spec=mail.sender)
    made["To"] = tuple(Address(addr_spec=each) for each in to)
    made["Subject"] = line(subject)[:SUBJECT_CHARS_MAX]
    made["Date"] = format_datetime(now)
    digest = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
    made["Message-ID"] = f"<{digest}@{mail.sender.partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notice answers it
    made.set_content("\n".join(map(line, text.split("\n"))) + "\n", cte="quoted-printable")
    return made


def send(smtp: Smtp, made: EmailMessage) -> None:
    """Hand a message to the mail server. Blocks. FetchError, with the reply code as its status, unless the
    server takes it for one recipient at least."""
    try:
        with _connected(smtp) as server:
            if smtp.user:
                server.login(smtp.user, smtp.password)
            server.send_message(made)
    except smtplib.SMTPResponseException as error:
        raise FetchError(
            f"{smtp.host} answered {error.smtp_code}", cause=Cause.HTTP, status=error.smtp_code
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise FetchError(f"{smtp.host} refused all recipients", cause=Cause.HTTP, status=code) from None
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        reason = line(str(error)) or type(error).__name__
        raise FetchError(f"{smtp.host}: {reason}", cause=Cause.NETWORK) from None


def line(text: str) -> str:
    """Return a text on one line without control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _connected(smtp: Smtp) -> smtplib.SMTP:
    if smtp.encryption is Encryption.TLS:
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT, context=ssl.create_default_context())
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT)
    if smtp.encryption is Encryption.STARTTLS:
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server
