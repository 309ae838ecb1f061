"""Reservation of text and data mining in the response with a feed."""

import pytest

from aggregator.model.document import Fetched
from aggregator.model.rights import Terms, Use
from aggregator.policy.reservation import with_reservation


@pytest.mark.parametrize(
    ("value", "expected"), [("1", Use.PROHIBIT), (" 1 ", Use.PROHIBIT), ("0", Use.ALLOW), ("yes", Use.ALLOW)]
)
def test_a_reservation_prohibits_training_and_input(value: str, expected: Use) -> None:
    fetched = Fetched("https://a.example/", 200, b"", headers=(("date", "x"), ("tdm-reservation", value)))
    allowed = Terms("L", Use.ALLOW, Use.ALLOW, Use.ALLOW)
    assert with_reservation(allowed, fetched) == Terms("L", expected, expected, Use.ALLOW)
