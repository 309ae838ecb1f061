"""Story lead: which member of a story each channel shows. Pure.

An item enters its channels when it first goes live. Of the members of a story that say the same, each shared
channel shows exactly one visible one; when that one goes, the next enters the channel in its own name. A
member whose link lies in the domains of another member's source and not in its own gives way to that one,
even once published, and stands in no shared channel. A source's own channel shows all of its items.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set

from msgspec import Struct

from aggregator.model.domains import Site
from aggregator.policy.languages import primary

ALL = ""  # the merged channel


class Member(Struct, frozen=True):
    """A live item and what decides which channels it belongs to and whether it leads its story.

    `domains` are those of its source, `topics` the source's; `backlog` keeps it in its source's own channel.
    Items of the same `fingerprint` say the same. `says` is that of the member that may be shown in its place,
    None for none.
    """

    number: int
    source: str
    url: str
    language: str
    backlog: bool
    topics: tuple[str, ...]
    domains: tuple[str, ...]
    priority: int
    fingerprint: bytes
    says: bytes | None = None
    ruled: tuple[str, ...] = ()  # topics that rules add

    @property
    def site(self) -> Site:
        """Return where it links to, and its source's domains."""
        return Site.of(self.url, self.domains)


class MembershipChanges(Struct, frozen=True):
    """Changes of a story's places in channels: `enter` maps a member to the channels it enters at a new
    position, `leave` lists (channel, member) pairs that end."""

    enter: Mapping[int, tuple[str, ...]]
    leave: tuple[tuple[str, int], ...] = ()


def channel_names(member: Member) -> tuple[str, ...]:
    """Return the names of all channels an item belongs to; a backlog item only belongs to its source's."""
    return (f"sources/{member.source}",) if member.backlog else listing_names(member)


def listing_names(member: Member) -> tuple[str, ...]:
    """Return the names of all channels whose pages list an item, in or out of the backlog."""
    topics = dict.fromkeys((*member.topics, *member.ruled))
    names = (ALL, f"sources/{member.source}", *(f"topics/{topic}" for topic in topics))
    language = primary(member.language)
    return (*names, f"languages/{language}") if language else names


def is_shared(channel: str) -> bool:
    """Return whether a channel holds items of several sources, so that it shows a story once."""
    return not channel.startswith("sources/")


def entering(member: Member, story: Sequence[Member], shown: Mapping[str, Set[int]]) -> tuple[str, ...]:
    """Return the channels an item enters when it goes live, given the visible members of its story and which
    of them stand in each channel.

    A shared channel is not entered in which another one stands that says the same, or whose place `settle`
    gives to this one.
    """
    if not story:
        return channel_names(member)
    is_hidden = bool(_hidden([member], story))
    voices = _voices((*story, member))
    instead = {each.number for each in story if each.fingerprint == voices[member.number]} - {member.number}
    instead |= _hidden(story, [member])
    return tuple(
        name
        for name in channel_names(member)
        if not is_shared(name) or not (is_hidden or instead & shown.get(name, frozenset()))
    )


def settle(
    members: Sequence[Member], shown: Mapping[str, Set[int]], *, newcomer: int | None = None
) -> MembershipChanges:
    """Return the changes after members of a story came or went.

    `members` are the visible ones, `shown` the members that stand in each channel now. A member that is shown
    already stays, unless it gives way to one at home; `newcomer`, back from withdrawal, yields to it.
    """
    hidden = _hidden(members, members)
    enter: dict[int, list[str]] = defaultdict(list)
    leave = [
        (channel, number)
        for channel, numbers in shown.items()
        if is_shared(channel)
        for number in sorted(hidden & numbers)
    ]
    for channel, able, behind in _groups([member for member in members if member.number not in hidden]):
        stand = shown.get(channel, frozenset())
        present = stand & {member.number for member in able}
        if not present:
            enter[lead(able).number].append(channel)
        elif newcomer is not None and newcomer in present and len(present) > 1:
            leave.append((channel, newcomer))
        leave += [(channel, number) for number in sorted(stand & behind)]
    return MembershipChanges({number: tuple(names) for number, names in enter.items()}, tuple(leave))


def _hidden(members: Sequence[Member], by: Sequence[Member]) -> set[int]:
    """Return the members that give way to one that shared channels show."""
    homes = [each.site for each in by if each.site.is_home and not each.backlog]
    return {each.number for each in members if any(each.site.gives_way(home) for home in homes)}


def _groups(members: Sequence[Member]) -> list[tuple[str, list[Member], Set[int]]]:
    """Return each shared channel with the members that belong to it and say the same, and the numbers of
    those in whose place they are shown."""
    within: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        for channel in filter(is_shared, channel_names(member)):
            within[channel].append(member)
    groups: list[tuple[str, list[Member], Set[int]]] = []
    for channel, found in within.items():
        voices = _voices(found)
        for voice in dict.fromkeys(voices.values()):
            able = [each for each in found if each.fingerprint == voice == voices[each.number]]
            behind = {each.number for each in found if each.fingerprint != voice == voices[each.number]}
            groups.append((channel, able, behind))
    return groups


def _voices(members: Sequence[Member]) -> Mapping[int, bytes]:
    """Return the fingerprint of the member that stands for each: its own where none does, or where that one
    is not among them or is itself behind another, with which it was not compared."""
    present = {each.fingerprint for each in members}
    first = {each.fingerprint for each in members if each.says not in present}
    return {
        each.number: each.says if each.says is not None and each.says in first else each.fingerprint
        for each in members
    }


def lead(members: Sequence[Member]) -> Member:
    """Return the lead of a story without a published member: at home, then by priority, then by age."""
    return min(members, key=lambda member: (not member.site.is_home, -member.priority, member.number))
