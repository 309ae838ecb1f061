"""Signatures of deliveries, against values computed with the algorithm names of openssl."""

import hashlib
import hmac

import pytest

from aggregator.websub.signature import METHODS, Signature

BODY, SECRET = b"<feed>what is new</feed>", "our secret"


def signed(method: str, body: bytes = BODY, secret: str = SECRET) -> str:
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


def is_valid(header: str) -> bool:
    signature = Signature.of(header, SECRET)
    if signature is None:
        return False
    for start in range(0, len(BODY), 7):
        signature.feed(BODY[start : start + 7])
    return signature.is_valid()


@pytest.mark.parametrize("method", METHODS)
def test_each_method_of_the_recommendation_is_checked_piece_by_piece(method: str) -> None:
    assert is_valid(signed(method))
    assert is_valid(f" {method}={signed(method).partition('=')[2].upper()} ")
    assert not is_valid(signed(method, body=BODY + b" "))
    assert not is_valid(signed(method, secret="another"))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256",
        "sha256=",
        "md5=" + "0" * 40,
        "sha224=" + "0" * 56,
        "sha999=" + "0" * 64,
        "sha256=" + "é" * 64,
        "sha256=" + "0" * 4_000,
        signed("sha1").replace("sha1", "sha256"),
        signed("sha256")[:-1],
        signed("sha1") + "," + signed("sha256"),
    ],
)
def test_an_invalid_signature_header_never_verifies(header: str) -> None:
    assert not is_valid(header)
