"""Reservation of text and data mining in the response with a feed (W3C TDMRep: `tdm-reservation`)."""

from msgspec.structs import replace

from aggregator.model.document import Fetched
from aggregator.model.rights import Terms, Use


def with_reservation(terms: Terms, fetched: Fetched) -> Terms:
    """Return the terms of a feed; a reservation prohibits its texts as training data and model input."""
    is_reserved = any(name == "tdm-reservation" and value.strip() == "1" for name, value in fetched.headers)
    return replace(terms, train=Use.PROHIBIT, input=Use.PROHIBIT) if is_reserved else terms
