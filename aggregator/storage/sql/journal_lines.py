"""Lines of the journal of the operator's decisions: what is written of each, and read back."""

import json
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from aggregator.dedupe.similar import is_sound
from aggregator.model.amendment import Amendment
from aggregator.model.changes import Transition
from aggregator.model.decision import (
    Act,
    Amended,
    Decision,
    Errand,
    Forgotten,
    Lapse,
    Noted,
    Notice,
    Pairing,
    State,
    Trigger,
)
from aggregator.storage.sql import rows

Entry = Decision | Forgotten | Amended | Pairing | Noted
FORGET = "forget"  # in place of a trigger: the removal of a source
NOTED = frozenset(Errand)
PAIRINGS = (Trigger.SPLIT, Trigger.MERGE)
ABOUT = ("source", "item", "reason")  # as `Noted` has them
RECOGNISED = (
    "source",
    "feed",
    "key",
    "fingerprint",
    "link",
    "title",
    "day",
    "words",
    "read",
)  # as `Decision` has them


class Journal(Struct, frozen=True):
    """A journal file: its readable lines, each with what was decided, and numbers of unreadable ones."""

    lines: Mapping[str, Entry]
    unreadable: tuple[int, ...]

    def decisions(self, lines: Iterable[str]) -> Mapping[str, Sequence[Decision]]:
        """Return the decisions about states in these lines by the id of the item, oldest first."""
        found: dict[str, list[Decision]] = defaultdict(list)
        for each in self._of_items(lines):
            if each.trigger not in (Trigger.STRIKE, Trigger.ERASE):
                found[each.item].append(each)
        return found

    def strikes(self, lines: Iterable[str]) -> Sequence[Decision]:
        """Return the struck versions in these lines, oldest first."""
        return [each for each in self._of_items(lines) if each.trigger is Trigger.STRIKE]

    def pairings(self, lines: Iterable[str]) -> Sequence[Pairing]:
        """Return the stories split and merged in these lines, oldest first."""
        read = [each for line in lines if isinstance(each := self.lines[line], Pairing)]
        return sorted(read, key=lambda each: each.at)

    def _of_items(self, lines: Iterable[str]) -> Sequence[Decision]:
        read = [each for line in lines if isinstance(each := self.lines[line], Decision)]
        return sorted(read, key=lambda each: each.at)

    def erased(self, lines: Iterable[str]) -> Sequence[Decision]:
        """Return the erasures in these lines, oldest first."""
        return [each for each in self._of_items(lines) if each.trigger is Trigger.ERASE]

    def amended(self, lines: Iterable[str]) -> Sequence[Amended]:
        """Return the last amendment in these lines of each item."""
        read = [each for line in lines if isinstance(each := self.lines[line], Amended)]
        return [*{each.item: each for each in sorted(read, key=lambda each: each.at)}.values()]

    def forgotten(self, lines: Iterable[str]) -> Mapping[str, datetime]:
        """Return the sources in these lines that were removed, with when they last were."""
        read = [each for line in lines if isinstance(each := self.lines[line], Forgotten)]
        return {each.source: each.at for each in sorted(read, key=lambda each: each.at)}


def read(*paths: Path) -> Journal:
    """Read journals; one that does not exist is empty."""
    readable: dict[str, Entry] = {}
    unreadable = []
    for path in paths:
        for number, line in enumerate(path.read_bytes().splitlines() if path.exists() else [], 1):
            try:
                readable[line.decode()] = decided(json.loads(line))
            except (ValueError, KeyError, TypeError):
                unreadable.append(number)
    return Journal(readable, tuple(unreadable))


def decided(fields: Mapping[str, Any]) -> Entry:
    """Return the decision in the members of a line; a new kind of decision is read here."""
    at = _moment(fields["at"])
    if fields["trigger"] == FORGET:
        return Forgotten(fields["source"], fields["actor"], at)
    if fields["trigger"] in NOTED:
        about = {name: fields[name] for name in ABOUT}
        return Noted(Errand(fields["trigger"]), fields["actor"], at, **about)
    if fields["trigger"] == Trigger.AMEND:
        amendment = rows.unpack(Amendment, fields["amended"])
        return Amended(fields["item"], fields["feed"], amendment, fields["reason"], fields["actor"], at)
    if fields["trigger"] in PAIRINGS:
        others = tuple(map(str, fields["others"]))
        return Pairing(
            fields["item"], others, Trigger(fields["trigger"]), fields["reason"], fields["actor"], at
        )
    signature = b64decode(fields.get("signature", ""))
    if not is_sound(signature):
        raise ValueError("the signature is none")
    return Decision(
        fields["item"],
        Trigger(fields["trigger"]),
        fields["reason"],
        fields["actor"],
        at,
        _moment(fields["release"]) if "release" in fields else None,
        fields.get("version"),
        fields["trigger"] == Trigger.RELEASE and fields.get("before") == State.LIVE,
        **{name: fields[name] for name in RECOGNISED if name in fields},
        signature=signature,
        lapse=Lapse(fields.get("lapse", "")),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no zone")
    return moment


def line(item: str, public_id: str, step: Transition, marks: Mapping[str, Any]) -> str:
    """Return the journal's line for a decision on an item, which `marks` tell again."""
    words = {name: getattr(step, name) for name in ("before", "after", "trigger", "reason", "actor")}
    members = {"at": step.at.isoformat(), "item": item, "public_id": public_id, **words, **marks}
    if step.release is not None:
        members["release"] = step.release.isoformat()
    if step.version is not None:
        members["version"] = step.version
    if step.lapse:
        members["lapse"] = step.lapse
    if step.notice is not None:
        notice = step.notice
        members["notice"] = {
            "name": notice.name,
            "address": notice.address,
            "received": notice.received.isoformat(),
            "statement": notice.statement,
        }
    if "signature" in marks:
        members["signature"] = b64encode(marks["signature"]).decode()
    return json.dumps(members, ensure_ascii=False)


def forget_line(source: str, actor: str, at: datetime) -> str:
    """Return the journal's line for the removal of a source."""
    members = {"at": at.isoformat(), "source": source, "trigger": FORGET, "actor": actor}
    return json.dumps(members, ensure_ascii=False)


def noted_line(noted: Noted) -> str:
    """Return the journal's line for a decision that a replay does not repeat."""
    about = {name: getattr(noted, name) for name in ABOUT}
    members = {"at": noted.at.isoformat(), "trigger": noted.errand, "actor": noted.actor, **about}
    return json.dumps(members, ensure_ascii=False)


def act(fields: Mapping[str, Any]) -> Act:
    """Return the decision in the members of a line, as the audit lists it."""
    told = fields.get("notice")
    return Act(
        at=_moment(fields["at"]),
        trigger=None if fields["trigger"] in (FORGET, *NOTED) else Trigger(fields["trigger"]),
        actor=fields["actor"],
        reason=fields.get("reason", ""),
        item=fields.get("item", ""),
        source=fields.get("source", ""),
        version=fields.get("version"),
        release=_moment(fields["release"]) if "release" in fields else None,
        noted=Errand(fields["trigger"]) if fields["trigger"] in NOTED else None,
        notice=told and Notice(**{**told, "received": _moment(told["received"])}),
    )


def pairing_line(pairing: Pairing) -> str:
    """Return the journal's line for a story that was split or merged."""
    members = {"at": pairing.at.isoformat(), "item": pairing.item, "others": pairing.others}
    members |= {name: getattr(pairing, name) for name in ("trigger", "reason", "actor")}
    return json.dumps(members, ensure_ascii=False)
