"""The disclaimer once for all releases of a page."""

from msgspec.structs import replace

from aggregator.editorial import standing
from aggregator.model.settings import Text
from tests.render.given import PUBLICATION


def test_a_page_has_the_disclaimer_of_the_publication_without_any_release() -> None:
    template = "{{ publication }}, not {{ organisation }}.{% if item.url %} {{ item.title }}{% endif %}"
    own = replace(PUBLICATION, language="de", disclaimer=Text((("", "x"), ("de", template))))
    found = standing.of_page(own, "the <others>")
    assert found == '<div class="pw-disclaimer">Example Releases, not the &lt;others&gt;.</div>'
