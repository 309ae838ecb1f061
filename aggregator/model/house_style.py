"""The house style of a source, and what it makes of an item."""

from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct

from aggregator.model.hidden import hiding

RULES_VERSION = 1  # of the code that applies the rules: another one styles all items anew
KEEP, DROP = "keep", "drop"  # of a dateline
PLACE = "{place}"  # in a dateline of the house: the place that the origin's dateline names


class Headline(StrEnum):
    """Capitals of a headline. The values are those of sources.yaml, and are stored."""

    AS_IS = "as-is"
    TITLE_CASE = "title-case"  # of English alone
    SENTENCE_CASE = "sentence-case"


class Part(StrEnum):
    """Parts of an item that a replacement applies to. The values are those of sources.yaml, and stored."""

    ALL = "all"
    TITLE = "title"
    TEXT = "text"


class Replacement(Struct, frozen=True):
    """A plain text, found as whole words, and the text in its place."""

    old: str
    new: str
    part: Part = Part.ALL


class TopicRule(Struct, frozen=True):
    """Topics that an item is added to when all patterns of `when`, pairs of a field of the item and a regular
    expression, are found in it."""

    when: tuple[tuple[str, str], ...]
    add: tuple[str, ...]


class HouseStyle(Struct, frozen=True):
    """Rules for what is shown of a source's items, and for the topics they are added to; empty for none.

    `drop` are CSS selectors of elements that are left out. `dateline` is KEEP, DROP or the dateline of the
    house. `max_words` of the text are shown, 0 for all. `version` is RULES_VERSION where there is a rule.
    """

    headline: Headline = Headline.AS_IS
    drop: tuple[str, ...] = ()
    replace: tuple[Replacement, ...] = ()
    dateline: str = KEEP
    max_words: int = 0
    version: int = 0
    topics: tuple[TopicRule, ...] = ()

    __repr__ = hiding("topics")

    def __bool__(self) -> bool:
        """Return whether there is a rule."""
        return bool(self.topics) or self.is_shown

    @property
    def added(self) -> tuple[str, ...]:
        """Return the topics that rules may add, once each."""
        return tuple(dict.fromkeys(topic for rule in self.topics for topic in rule.add))

    @property
    def is_shown(self) -> bool:
        """Return whether there is a rule for what is shown."""
        return bool(
            self.headline is not Headline.AS_IS
            or self.drop
            or self.replace
            or self.dateline != KEEP
            or self.max_words
        )

    @property
    def digest(self) -> str:
        """Return the digest of the rules and of the version of the code, "" without rules."""
        if not self:
            return ""
        return _digest((self, self.topics) if self.topics else self)

    @property
    def drop_digest(self) -> str:
        """Return the digest of the selectors, "" without any."""
        return _digest((self.version, self.drop)) if self.drop else ""


def _digest(value: object) -> str:
    return blake2b(repr(value).encode(errors="replace"), digest_size=8).hexdigest()


class Styled(Struct, frozen=True):
    """Texts of an item in the house style: stored beside the original ones and shown in their place.

    `rules` is the digest of the rules, "" for none. `title` is "" for the origin's. `is_body`: content,
    summary and text (as in `Item`) replace the origin's; `is_cut`: they are a beginning, under which a link
    leads on. `drops` is the digest of the selectors that were applied to the HTML as its origin sent it, ""
    for those that were applied to the stored content; `is_dropped`: they found something, and left
    `kept_content` and `kept_summary`, with which the other rules begin.
    """

    rules: str = ""
    title: str = ""
    is_body: bool = False
    is_cut: bool = False
    content: str = ""
    summary: str = ""
    text: str = ""
    topics: tuple[str, ...] = ()  # that rules add to those of its source
    drops: str = ""
    is_dropped: bool = False
    kept_content: str = ""
    kept_summary: str = ""

    @property
    def shown(self) -> tuple[object, ...]:
        """Return what of it is shown."""
        return self.title, self.is_body, self.is_cut, self.content, self.summary, self.text


UNSTYLED = Styled()
