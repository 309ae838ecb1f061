"""Authentication of deliveries by HMAC (WebSub section 7.1), streaming: the body is never held."""

import hmac
import re
from typing import Self

# HMAC-SHA-1 is not broken as SHA-1 is, and most hubs offer nothing else.
METHODS = ("sha1", "sha256", "sha384", "sha512")
_SIGNATURE = re.compile(r"(sha[0-9]{1,3})=([0-9a-fA-F]{40,128})")


class Signature:
    """One X-Hub-Signature header, checked against a body that is fed in chunks."""

    def __init__(self, digest: "hmac.HMAC", claimed: str) -> None:
        self._digest = digest
        self._claimed = claimed

    @classmethod
    def of(cls, header: str, secret: str) -> Self | None:
        """Parse a header; None for a malformed signature or an unknown method."""
        match = _SIGNATURE.fullmatch(header.strip())
        if match is None or match[1] not in METHODS:
            return None
        return cls(hmac.new(secret.encode(), digestmod=match[1]), match[2].lower())

    def feed(self, chunk: bytes) -> None:
        """Add the next chunk of the body."""
        self._digest.update(chunk)

    def is_valid(self) -> bool:
        """Return whether the whole body was signed with the secret, compared in constant time."""
        return hmac.compare_digest(self._digest.hexdigest(), self._claimed)
