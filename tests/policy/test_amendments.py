"""Fields that the desk has of an item after a command, and what its origin says against them."""

from msgspec.structs import replace

from aggregator.model.amendment import AmendedField, Amendment, said
from aggregator.policy.amendments import amended, conflicts
from tests.given import entry, item, source
from tests.render.given import stored

RELEASE = stored(replace(item(entry("Bridge opens"), source("ministry")), language="en"))
SAID = said("Bridge opens", "", "en")
EVERY = Amendment("Headline", "Summary", ("roads",), "fr", "A note.")


def test_given_fields_replace_those_of_before_and_cleared_ones_go() -> None:
    first = amended(RELEASE, EVERY)
    assert first == replace(EVERY, of=SAID)
    assert first.fields == tuple(AmendedField)[:4]
    before = replace(RELEASE, amended=first)
    assert amended(before, Amendment(headline="Other")) == replace(first, headline="Other")
    cleared = {AmendedField.TOPICS, AmendedField.HEADLINE}
    assert amended(before, Amendment(), cleared) == replace(first, headline="", topics=())
    assert amended(before, Amendment(), {*AmendedField}) == Amendment()
    assert not Amendment()


def test_an_edit_of_the_origin_conflicts_with_the_amended_fields_alone() -> None:
    changed = replace(RELEASE.item, title="Bridge closes", language="de")
    by_headline = amended(RELEASE, Amendment(headline="Headline", note="A note."))
    assert conflicts(replace(RELEASE, amended=by_headline)) == ()
    assert conflicts(replace(RELEASE, item=changed, amended=by_headline)) == (AmendedField.HEADLINE,)
    assert conflicts(replace(RELEASE, item=changed, amended=Amendment(topics=("roads",), of=SAID))) == ()
    assert conflicts(replace(RELEASE, item=changed)) == ()


def test_a_field_that_is_given_again_settles_its_own_conflict() -> None:
    changed = replace(RELEASE.item, title="Bridge closes", language="de")
    both = amended(RELEASE, Amendment(headline="Headline", language="fr"))
    later = replace(RELEASE, item=changed, amended=both)
    assert conflicts(later) == (AmendedField.HEADLINE, AmendedField.LANGUAGE)
    settled = replace(later, amended=amended(later, Amendment(headline="Headline")))
    assert conflicts(settled) == (AmendedField.LANGUAGE,)
    noted = replace(later, amended=amended(later, Amendment(note="A note.")))
    assert conflicts(noted) == (AmendedField.HEADLINE, AmendedField.LANGUAGE)
