"""Terms that an origin states, with the absolute URL of their licence."""

from msgspec.structs import replace

from aggregator.model.rights import UNSAID, Terms
from aggregator.normalise import urls


def web_terms(stated: Terms | None, base: str) -> Terms | None:
    """Return terms with the absolute URL of their licence, without one that is no web address; None for
    none."""
    if stated is None:
        return None
    address = urls.absolute(stated.licence, base) if stated.licence else ""
    licence = address if address.startswith(("http://", "https://")) else ""
    kept = replace(stated, licence=licence)
    return None if kept == UNSAID else kept
