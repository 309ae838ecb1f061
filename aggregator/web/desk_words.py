"""Words of the desk's pages, one mapping a page, so that a translation has one place."""

from collections.abc import Mapping

from aggregator.model.amendment import AmendedField
from aggregator.model.decision import State
from aggregator.model.desk import Waiting

LOGIN: Mapping[str, str] = {
    "title": "Log in",
    "name": "Name",
    "phrase": "Password",
    "wrong": "The name or the password is wrong.",
    "none": "Nobody can log in yet.",
}

LISTS: Mapping[Waiting, str] = {
    Waiting.REVIEW: "Review",
    Waiting.QUARANTINE: "Quarantine",
    Waiting.VETO: "Veto window",
    Waiting.EMBARGO: "Embargo",
    Waiting.HELD: "Held",
    Waiting.VERSIONS: "New versions",
    Waiting.CONFLICTS: "Amend conflicts",
    Waiting.STORIES: "Story suggestions",
}

FIND: Mapping[str, str] = {
    "title": "Desk",
    "find": "Find a release",
    "find_hint": "Words of its title or text, its id, or the address of its page. Every state is searched.",
    "find_go": "Find",
    "none_found": "No release is found.",
    "of_source": "Newest releases of",
    "older": "Older",
}

LIST: Mapping[str, str] = {
    **FIND,
    "lists": "What waits",
    "empty": "Nothing waits here.",
    "empty_page": "None of the {count} newest releases looked through belongs here; older ones may.",
    "resembles": "It resembles:",
    "merge": "Merge",
    "apart": "Not one story",
    "first": "Of the two, pages and feeds show",
    "first_oldest": "the published one, of two published ones the older",
    "first_this": "this release",
    "first_other": "the other release",
    "reason": "Reason",
    "reason_hint": "One reason for all chosen releases; the audit trail keeps it with your name.",
    "release": "Release",
    "hold": "Hold",
    "withdraw": "Withdraw",
    "choose": "Choose",
    "open": "Open",
    "live": "goes live",
    "held": "held:",
    "waits": "Version {version} waits; the public sees version {shown}.",
    "conflict": "Its origin has changed since you amended:",
    "disclaimer": "Disclaimer",
    "key_heading": "Keys",
    "key_names": "j: next release, k: the one before, x: choose it, ?: these keys",
    "unshown": "No preview: the rights of its source, or its disclaimer, let nothing be shown.",
}

DONE: Mapping[str, str] = {  # by a decision, for a single release and for several
    "release": "Released.|{count} releases released.",
    "publish": "Released.|{count} releases released.",
    "approved": "Approved: it goes live when its embargo ends.|{count} releases approved: they go live when "
    "their embargoes end.",
    "hold": "Held.|{count} releases held.",
    "withdraw": "Withdrawn.|{count} releases withdrawn.",
    "reinstate": "Reinstated: it is published once its origin lists it.",
    "amend": "Amended.",
    "strike": "The version is struck.",
    "split": "Taken out of the story.",
    "merge": "Merged into one story.",
    "apart": "Declared not one story.",
    "erase": "Erased.",
}

STATES: Mapping[State, str] = {
    State.HELD: "Held",
    State.LIVE: "Live",
    State.WITHDRAWN: "Withdrawn",
}

FIELDS: Mapping[AmendedField, str] = {
    AmendedField.HEADLINE: "Headline",
    AmendedField.SUMMARY: "Summary",
    AmendedField.TOPICS: "Topics, separated by commas",
    AmendedField.LANGUAGE: "Language",
    AmendedField.NOTE: "Note of the desk",
}

ITEM: Mapping[str, str] = {
    **LIST,
    "preview": "Preview",
    "preview_of": "Preview of version {version}, as it would be published",
    "published_of": "Version {version}, as it is published",
    "topics": "Topics",
    "files": "Files",
    "note_by": "Note by {publication}:",
    "changes": "What it changes",
    "changes_signs": "[− removed −] and [+ added +] against the version that the public sees.",
    "same_words": "Both versions have the same words: links, files or pictures differ.",
    "decide": "Decide",
    "reason_hint": "Required. The audit trail keeps it with your name.",
    "publish": "Release now",
    "publish_hint": "also before its embargo ends",
    "reinstate": "Reinstate",
    "until": "Hold until ({zone}); empty: until you release it",
    "story_too": "All releases of its story",
    "request": "Someone asked for it",
    "notice_name": "Name",
    "notice_address": "E-mail or postal address",
    "received": "Received ({zone}); empty: now",
    "statement": "Statement of reasons; empty: the reason",
    "amend": "Amend",
    "amend_hint": "An empty field leaves what the origin says. Readers see that you edited it.",
    "strike": "Strike a version",
    "strike_hint": "Removes the text of a former or waiting version for good.",
    "version": "Version",
    "story": "Story",
    "split": "Take out of the story",
    "merge_hint": "Releases of other organisations with the same address or sentences:",
    "members": "The same release by others:",
    "other": "Id of another release",
    "erase": "Erase for good",
    "erase_hint": "Removes the release, its versions and what the files of the store hold of it. Backups "
    "made before may still hold it: `publicwire erase` names them.",
    "confirm": "Type the id of the release",
    "history": "Decisions",
    "original": "Original",
    "public": "Public page",
    "erased": "This release is erased: nothing is left of it.",
}

VETO: Mapping[str, str] = {
    "title": "Stop this release?",
    "goes": "It goes live by itself",
    "hold": "Hold it",
    "reason": "Reason",
    "default": "stopped by its veto link",
    "done": "The release is held. It goes live only when an editor releases it.",
    "gone": "This link was used, has expired, or its release is no longer in its veto window.",
}


def confirmation(asked: Mapping[str, str]) -> str:
    """Return the words for a decision that a query says was made: `done`, `count` releases, and how many
    `wait` for the end of an embargo."""
    done = asked.get("done", "")
    said = [_done(done, asked.get("count", "1")), _done("approved", asked.get("wait", "0"))]
    return " ".join(filter(None, said))


def _done(deed: str, count: str) -> str:
    one, _, many = DONE.get(deed, "").partition("|")
    if count == "1":
        return one
    is_known = count.isascii() and count.isdigit() and len(count) < 4
    return many.format(count=count) if is_known and count != "0" else ""
