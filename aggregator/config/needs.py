"""Settings that need another setting, or packages that may be missing."""

from importlib.util import find_spec

from aggregator.config.section import Section
from aggregator.model.image import Images
from aggregator.model.settings import Publication, Quarantine, Republish, Source

FULL_TEXT_PACKAGES = ("trafilatura", "protego")  # of the extra `fulltext`


def quarantine(section: Section, source: Source) -> None:
    """Record that nothing says which links are foreign."""
    if source.quarantine is not Quarantine.NONE and not source.domains:
        section.fault(
            "quarantine", "needs `domains`: the hosts of the organisation, which a file: feed has not"
        )


def full_text(section: Section, source: Source) -> None:
    """Record what keeps the texts of pages from being shown: rights, or packages that are not installed."""
    if not source.full_text:
        return
    if source.republish is not Republish.FULL:
        section.fault(
            "full_text",
            f"shows nothing under `rights: {{republish: {source.republish}}}`: remove one of the two",
        )
    if not all(find_spec(name) for name in FULL_TEXT_PACKAGES):
        section.fault("full_text", "needs packages for reading pages: pip install 'publicwire[fulltext]'")


def images(section: Section, publication: Publication) -> None:
    """Record that no package is installed that makes copies of images."""
    if publication.images is Images.PROXY and find_spec("PIL") is None:
        section.fault("images", "needs a package for drawing images: pip install 'publicwire[images]'")
