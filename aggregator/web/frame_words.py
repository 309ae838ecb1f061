"""Words that all pages of the admin side share."""

from collections.abc import Mapping

COMMON: Mapping[str, str] = {
    "desk": "Desk",
    "rooms": "Admin side",
    "publications": "Publications",
    "wait": "wait",
    "log_in": "Log in",
    "log_out": "Log out",
    "missing": "There is no such page.",
    "skip": "Skip to content",
    "nobody": "Actions are off: sources.yaml has no users.",
    "cure": "publicwire user add NAME --role editor",
    "cure_before": "Write the first one with",
    "stranger": "is not among the users of sources.yaml: actions are off.",
}

ROOMS: Mapping[str, str] = {"DESK": "Desk", "REPORTS": "Reports", "SOURCES": "Sources", "STATUS": "Status"}
