"""Story lead: which member of a story each channel shows. Pure.

An item enters its channels when it first goes live. Of a story each shared channel shows exactly one
visible member; when that one goes, the next enters the channel in its own name. A member whose link lies in
the domains of another member's source and not in its own gives way to that one, even once published. A
source's own channel shows all of its items.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from aggregator.model.domains import is_within
from aggregator.policy.languages import primary

ALL = ""  # the merged channel


@dataclass(frozen=True, slots=True)
class Member:
    """A live item and what decides which channels it belongs to and whether it leads its story.

    `domains` are those of its source, `topics` the source's; `backlog` keeps it in its source's own channel.
    """

    number: int
    source: str
    url: str
    language: str
    backlog: bool
    topics: tuple[str, ...]
    domains: tuple[str, ...]
    priority: int


@dataclass(frozen=True, slots=True)
class MembershipChanges:
    """Changes of a story's places in channels: `enter` maps a member to the channels it enters at a new
    position, `leave` lists (channel, member) pairs that end."""

    enter: Mapping[int, tuple[str, ...]]
    leave: tuple[tuple[str, int], ...] = ()


def channel_names(member: Member) -> tuple[str, ...]:
    """Return the names of all channels an item belongs to; a backlog item only belongs to its source's."""
    own = f"sources/{member.source}"
    if member.backlog:
        return (own,)
    names = (ALL, own, *(f"topics/{topic}" for topic in member.topics))
    language = primary(member.language)
    return (*names, f"languages/{language}") if language else names


def is_shared(channel: str) -> bool:
    """Return whether a channel holds items of several sources, so that it shows a story once."""
    return not channel.startswith("sources/")


def entering(member: Member, shown: Mapping[str, Set[int]]) -> tuple[str, ...]:
    """Return the channels an item enters when it goes live; `shown` are visible members of its story in each.

    A shared channel in which another member stands already is not entered.
    """
    return tuple(
        name
        for name in channel_names(member)
        if not is_shared(name) or not shown.get(name, frozenset()) - {member.number}
    )


def settle(
    members: Sequence[Member], shown: Mapping[str, Set[int]], *, newcomer: int | None = None
) -> MembershipChanges:
    """Return the changes after members of a story came or went.

    `members` are the visible ones, `shown` the members that stand in each channel now. A member that is shown
    already stays, unless it gives way to one at home; `newcomer`, back from withdrawal, yields to it.
    """
    enter: dict[int, list[str]] = defaultdict(list)
    leave = []
    names = (name for member in members for name in channel_names(member))
    for channel in dict.fromkeys(filter(is_shared, names)):
        able = [member for member in members if channel in channel_names(member)]
        present = shown.get(channel, frozenset()) & {member.number for member in able}
        first = lead(able)
        ousted = [each.number for each in able if each.number in present and _gives_way(each, first)]
        leave += [(channel, number) for number in ousted]
        present = present - {*ousted}
        if not present:
            enter[first.number].append(channel)
        elif newcomer is not None and newcomer in present and len(present) > 1:
            leave.append((channel, newcomer))
    return MembershipChanges({number: tuple(names) for number, names in enter.items()}, tuple(leave))


def lead(members: Sequence[Member]) -> Member:
    """Return the lead of a story without a published member: at home, then by priority, then by age."""
    return min(members, key=lambda member: (not _is_at_home(member), -member.priority, member.number))


def _gives_way(member: Member, other: Member) -> bool:
    """Return whether a member links to the site of another one's source, not to that of its own."""
    return not _is_at_home(member) and is_within(member.url, other.domains) and _is_at_home(other)


def _is_at_home(member: Member) -> bool:
    """Return whether the link of an item lies in its source's own domains."""
    return is_within(member.url, member.domains)
