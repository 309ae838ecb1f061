"""The section `publication:` as read → Publication."""

from pathlib import Path

from msgspec.structs import replace

from aggregator.config import addresses, house_style, look, needs, values, words
from aggregator.config.section import Section
from aggregator.model.house_style import HouseStyle
from aggregator.model.image import Images
from aggregator.model.look import Brand
from aggregator.model.settings import Address, Publication, SecurityContact, Text

EXAMPLE_CONTACT = "desk@example.org"
_ALL_INTERFACES = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, never bound to


def publication_of(section: Section, listen: Address, path: Path) -> tuple[Publication, HouseStyle, Brand]:
    """Return the publication, the house style of all its sources, and its look; `path` is that of
    sources.yaml."""
    from aggregator.editorial.wording import DEFAULT

    reachable = Address("127.0.0.1", listen.port) if listen.host in _ALL_INTERFACES else listen
    publication = Publication(
        name=section.one("name", values.line, "Public releases"),
        url=section.one("url", addresses.public_url, f"http://{reachable}/"),
        language=section.one("language", values.language, "en"),
        contact=section.one("contact", addresses.contact, EXAMPLE_CONTACT),
        disclaimer=section.raw("disclaimer", values.disclaimer, None) or DEFAULT,
        description=section.one("description", values.line, ""),
        disclaimer_line=section.raw("disclaimer_line", values.disclaimer_line, Text(())),
        disclaimer_lead=section.one("disclaimer_lead", values.choice("true", "false"), "true") == "true",
        images=section.one("images", values.choice(*Images), Images.ORIGIN),
        timezone=section.one("timezone", values.timezone, "UTC"),
        words=section.one("words", lambda name: words.read(name, path), ()),
    )
    publication = replace(publication, security=_security(section.section("security")))
    if not any(tag == "" for tag, _ in publication.disclaimer.by_language):
        section.fault("disclaimer", "has no text for items in other languages; add `default:`")
    style = house_style.read(section.section("house_style"), HouseStyle())
    needs.images(section, publication)
    brand = look.read(section, path)
    section.close()
    return publication, style, brand


def _security(section: Section) -> SecurityContact:
    security = SecurityContact(
        section.need("contact", addresses.security_contact) if section.names() else "",
        section.one("policy", addresses.https_page, ""),
    )
    section.close()
    return security
