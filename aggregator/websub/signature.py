"""Whether a delivery was signed with our secret (WebSub section 7.1). Never holds the delivery itself."""

import hmac
import re
from typing import Self

# SHA-1 is weak, but HMAC with it is not broken, and most hubs sign with nothing else.
METHODS = ("sha1", "sha256", "sha384", "sha512")
_SIGNATURE = re.compile(r"(sha[0-9]{1,3})=([0-9a-fA-F]{40,128})")


class Signature:
    """One X-Hub-Signature header, checked against a body that is fed to it piece by piece."""

    def __init__(self, digest: "hmac.HMAC", claimed: str) -> None:
        self._digest = digest
        self._claimed = claimed

    @classmethod
    def of(cls, header: str, secret: str) -> Self | None:
        """The signature a header holds; None when it holds none that could be right."""
        match = _SIGNATURE.fullmatch(header.strip())
        if match is None or match[1] not in METHODS:
            return None
        return cls(hmac.new(secret.encode(), digestmod=match[1]), match[2].lower())

    def feed(self, piece: bytes) -> None:
        """The next piece of the body."""
        self._digest.update(piece)

    def is_right(self) -> bool:
        """Whether the whole body was signed with the secret; takes the same time either way."""
        return hmac.compare_digest(self._digest.hexdigest(), self._claimed)
