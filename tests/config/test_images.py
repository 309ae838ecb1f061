"""`publication.images: proxy`: a mistake without the package of its extra."""

from aggregator.config.load import parse
from aggregator.model.image import Images
from tests.config.test_full_text import HERE, said_without

PROXY = "publication:\n  images: proxy\n"


def test_a_publication_wants_copies_of_images() -> None:
    assert parse(PROXY, HERE).publication.images is Images.PROXY
    assert parse("sources: []\n", HERE).publication.images is Images.ORIGIN


def test_a_missing_package_is_a_mistake_that_names_the_cure() -> None:
    cure = "needs a package for drawing images: pip install 'publicwire[images]'"
    assert said_without("PIL", PROXY) == f"sources.yaml:2:3: publication.images: {cure}\n"
    assert said_without("PIL", PROXY.replace("proxy", "none")) == ""
