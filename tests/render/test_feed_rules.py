"""Documents follow the rules of the W3C feed validator: each of its messages is checked or has a reason."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator import render
from aggregator.editorial.tombstone import tombstone
from aggregator.model.public_change import Gone
from aggregator.model.release import Tombstone
from aggregator.model.rights import Terms, Use
from aggregator.render import Format
from tests.render import feed_rules as rules
from tests.render.feed_rules import Check, Documents
from tests.render.given import AGGREGATOR, ALSO, FEED, ITEM, NOW, ORIGIN, PUBLICATION, channel, release

CHECKED: Mapping[Check, str] = {
    rules.are_xml_in_utf8: """SAXError WPBlankLine UnicodeError UndefinedNamedEntity ContainsSystemEntity
        InvalidDoctype DeprecatedDTD BadXmlVersion UnknownEncoding BadCharacters ObscureEncoding NotUTF8
        NonstdEncoding MissingEncoding EncodingMismatch""",
    rules.are_in_known_namespaces: """MissingNamespace NotInANamespace ReservedPrefix MediaRssNamespace
        UndeclaredPrefix AvoidNamespacePrefix NonstdPrefix ObsoleteNamespace InvalidNamespace
        ObsoleteWikiNamespace CommentRSS SlashDate InvalidUpdatePeriod InvalidItunesCategory
        InvalidItunesEpisodeType InvalidItunesChannelType ObsoleteItunesCategory InvalidYesNo InvalidYesNoClean
        InvalidDuration TooLong InvalidKeywords MissingItunesElement MissingItunesEmail
        UnsupportedItunesFormat InvalidLatitude InvalidLongitude InvalidCoord InvalidCoordList CoordComma
        InvalidCreditRole InvalidMediaTextType InvalidMediaHash InvalidMediaRating InvalidNPTTime
        InvalidMediaRestriction InvalidMediaRestrictionRel InvalidMediaRestrictionType DeprecatedMediaAdult
        MediaGroupWithoutAlternatives InvalidSseType SinceAfterUntil MissingByAndWhenAttrs
        MissingRecommendedAttribute InvalidCountryCode InvalidCurrencyUnit InvalidFloat InvalidFloatUnit
        InvalidFullLocation InvalidGender InvalidIntUnit InvalidLabel InvalidLocation InvalidMaritalStatus
        InvalidPaymentMethod InvalidPriceType InvalidRatingType InvalidReviewerType InvalidSalaryType
        InvalidServiceType InvalidYear InvalidPercentage MissingXhtmlDiv MisplacedXHTMLContent""",
    rules.have_the_parts_of_their_format: """UndefinedElement NoBlink NoThrWhen MissingAttribute
        UnexpectedAttribute UseOfExtensionAttr UnexpectedText UnexpectedWhitespace QuestionableUsage
        AvoidTextInput InvalidFormComponentName ImageLinkDoesntMatch ImageUrlFormat ImageTitleDoesntMatch
        InvalidWidth InvalidHeight NotEnoughHoursInTheDay EightDaysAWeek InvalidHour InvalidDay
        InvalidMediaExpression InvalidCommaSeparatedIntegers InvalidAlphanum""",
    rules.are_of_the_present_version: "InvalidRSSVersion ObsoleteVersion",
    rules.have_what_is_required: """MissingElement MissingDescription MissingLink MissingTitle MissingGuid
        ItemMustContainTitleOrDescription MissingContentOrAlternate MissingHref MissingTextualContent
        MissingSummary MissingSelf MissingAtomSelfLink SelfDoesntMatchLocation MissingSourceElement
        MissingRecommendedElement BestPractices""",
    rules.repeat_nothing: """DuplicateElement DuplicateValue DuplicateIds DuplicateEntries DuplicateAtomLink
        DuplicateEnclosure TooMany""",
    rules.say_each_thing_once: "DuplicateSemantics DuplicateItemSemantics DuplicateDescriptionSemantics",
    rules.have_dates_of_their_format: """InvalidRFC2822Date IncorrectDOW ProblematicalRFC822Date
        UseZeroForMidnight InvalidRFC3339Date InvalidISO8601Date InvalidISO8601DateTime InvalidW3CDTFDate
        ImplausibleDate""",
    rules.have_absolute_addresses: """InvalidLink UriNotIri InvalidIRI InvalidFullLink InvalidUriChar
        InvalidURIAttribute InvalidURLAttribute ContainsRelRef RelativeSelf SameDocumentReference
        NonCanonicalURI SchemeNotIANARegistered InvalidURI InvalidURN InvalidTAG InvalidNSS NotURLEncoded""",
    rules.have_guids_that_are_what_they_say: """InvalidHttpGUID InvalidPermalink NotSufficientlyUnique
        InvalidBooleanAttribute""",
    rules.have_media_types_and_sizes: """InvalidMIMEAttribute InvalidMIMEType InvalidIntegerAttribute
        InvalidInteger InvalidNonNegativeInteger InvalidPositiveInteger IntegerOverflow UseZeroForUnknown
        InvalidMediaMedium InvalidTextType InvalidContentMode NotBase64""",
    rules.have_languages: "InvalidLanguage MissingDCLanguage",
    rules.are_blank_nowhere: "NotBlank AttrNotBlank InvalidValue",
    rules.have_safe_html: """SecurityRisk SecurityRiskAttr DangerousStyleAttr NotHtml HtmlFragment NotInline
        NotEscaped""",
    rules.have_no_markup_in_plain_text: "ContainsHTML ContainsUndeclaredHTML CharacterData",
    rules.have_links_of_known_relations: """AtomLinkNotEmpty UnregisteredAtomLinkRel FeedHistoryRelInEntry
        SelfNotAtom""",
    rules.have_archives_that_link_on: """FeedRelInCompleteFeed CurrentNotSelfInCompleteFeed LinkPastEnd
        MissingCurrentInArchive ArchiveIncomplete""",
    rules.stand_in_order: "MisplacedItem MisplacedMetadata NeedDescriptionBeforeContent RSS20Profile",
    rules.name_no_mailbox: "InvalidContact InvalidAddrSpec EmailFormat MissingRealName ContainsEmail",
}
REASONS: Mapping[str, str] = {
    "about the request of the validator, not the document": """UnknownHost HttpError CloudflareHttpError
        IOError ValidatorLimit HttpProtocolError HttpsProtocolError HttpsProtocolWarning
        HttpErrorWithPossibleFeed TempRedirect""",
    "about header fields of the response, which tests/web compares": """UnexpectedContentType
        NonSpecificMediaType TextXml Uncompressed""",
    "readers ignore extensions that they do not know; importers need these": """UnknownNamespace
        UnsupportedNamespace""",
    "dates are those of the origins, of which two may publish in one second": "DuplicateUpdated",
    "the id of an item is that of its origin, wherever it is a valid IRI": "InvalidUUID",
    "about Atom 0.3 and RSS 1.0, which are not published": "MissingTypeAttr InvalidRDF",
    "about documents of the Atom Publishing Protocol": "ConflictingCatAttr ConflictingCatChildren",
    "about OpenSearch descriptions": """UndeterminableVocabulary InvalidAccessRestrictionRel
        InvalidLocalRole InvalidEncoding InvalidSyndicationRight InvalidLocalParameter ShouldIncludeExample
        InvalidAdultContent UndefinedParam""",
    "about OPML, which tests/render/test_directories.py checks": """InvalidOPMLVersion MissingXmlURL
        InvalidOutlineVersion InvalidOutlineType InvalidExpansionState InvalidTrueFalse MissingOutlineType
        MissingTitleAttr MissingUrlAttr""",
    "about pages and KML": """InvalidMetaName InvalidMetaContent Deprecated DeprecatedRootHref
        InvalidAltitudeMode InvalidAngle InvalidColor InvalidColorMode InvalidItemIconState
        InvalidListItemType InvalidKmlCoordList InvalidKmlLatitude InvalidKmlLongitude InvalidKmlMediaType
        InvalidKmlUnits InvalidRefreshMode InvalidSchemaFieldType InvalidStyleState InvalidViewRefreshMode
        InvalidZeroOne MissingId""",
}
MESSAGES = 266  # of the validator, but for those that report what is right


def gone(number: int) -> Tombstone:
    name = f"tag:water.example,2026:gone-{number}"
    made = Gone(name, "nnnnnnnnnnnnn", "water", NOW - timedelta(hours=2), NOW - timedelta(hours=1))
    return tombstone(made, PUBLICATION, FEED)


def documents() -> Documents:
    """Documents with all that entries may have: languages, rights, files, a story, provenance, tombstones."""
    bare = replace(
        ITEM, title="Bare", enclosures=(), images=(), authors=(), categories=(), summary="", language=""
    )
    plain = replace(bare, title="Files & more < less", content="", text="", enclosures=ITEM.enclosures[1:])
    used = replace(release(also=ALSO), terms=Terms("CC-BY-4.0", Use.PROHIBIT, Use.UNSAID, Use.ALLOW))
    releases = [
        replace(used, corrected=True),
        replace(release(bare), public_id="https://water.example/bare", is_dated=False),
        replace(release(plain), public_id="urn:isbn:0451450523"),
        replace(release(replace(bare, origin=ORIGIN), feed=AGGREGATOR), public_id="tag:water.example,2026:4"),
    ]
    head = replace(channel(), hub="https://releases.example/hub", newest_archive=2, rights="(c) Water Board")

    def made(kind: Format, of=head) -> bytes:  # type: ignore[no-untyped-def]  # a channel
        entries = [render.tombstone(gone(number), kind) for number in (1, 2)]
        return render.document(of, [*entries, *(render.entry(each, kind) for each in releases)], kind)

    return Documents(made(Format.RSS), made(Format.ATOM), made(Format.ATOM, replace(head, archive=2)), NOW)


BROKEN: Mapping[Check, tuple[str, str]] = {
    rules.are_xml_in_utf8: ("<title>", "<title>\x85"),
    rules.are_in_known_namespaces: ("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss"),
    rules.have_the_parts_of_their_format: ("<generator>", "<blink/><generator>"),
    rules.are_of_the_present_version: ('version="2.0"', 'version="0.92"'),
    rules.have_what_is_required: ("/feed.rss", "/other.rss"),
    rules.repeat_nothing: ("gone-2", "gone-1"),
    rules.say_each_thing_once: ("<pubDate>", "<dc:date>2026-01-01</dc:date><pubDate>"),
    rules.have_dates_of_their_format: ("Tue, 24", "Mon, 24"),
    rules.have_absolute_addresses: ("https://water.example/dam", "/dam"),
    rules.have_guids_that_are_what_they_say: ("tag:water.example,2026:1<", "12<"),
    rules.have_media_types_and_sizes: ('length="5"', 'length="-1"'),
    rules.have_languages: ("<language>en", "<language>English"),
    rules.are_blank_nowhere: ("<title>Withdrawn</title>", "<title/>"),
    rules.have_safe_html: ("&lt;p&gt;", "&lt;p onclick=''&gt;"),
    rules.have_no_markup_in_plain_text: ("<title>Bare", "<title>&lt;b&gt;Bare"),
    rules.have_links_of_known_relations: ('rel="via"', 'rel="viia"'),
    rules.have_archives_that_link_on: ('rel="current"', 'rel="related"'),
    rules.stand_in_order: ("</item>\n</channel>", "</item>\n<ttl>5</ttl></channel>"),
    rules.name_no_mailbox: ("<dc:creator>Water", "<dc:creator>a@water.example Water"),
}


@pytest.mark.parametrize("check", CHECKED, ids=lambda check: check.__name__)
def test_documents(check: Check) -> None:
    assert [*check(documents())] == []


@pytest.mark.parametrize("check", CHECKED, ids=lambda check: check.__name__)
def test_a_document_that_breaks_a_rule_is_found(check: Check) -> None:
    old, new = (each.encode() for each in BROKEN[check])
    whole = documents()
    broken = dataclasses.replace(
        whole, **{name: getattr(whole, name).replace(old, new) for name in ("rss", "atom", "archive")}
    )
    assert broken != whole
    assert [*check(broken)] != []


def test_each_message_of_the_validator_is_checked_or_has_a_reason() -> None:
    names = " ".join((*CHECKED.values(), *REASONS.values())).split()
    assert (len(names), len({*names})) == (MESSAGES, MESSAGES)
