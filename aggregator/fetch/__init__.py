"""HTTP fetches of documents and posts of forms: polite, bounded, guarded against SSRF.

`client` is the entry point. Nothing here knows what a feed is.
"""

import sys

# httpx's own command line loads click, rich and pygments, a third of the time to import httpx, and is skipped
# where they are missing. An entry of None makes its import fail as if they were.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # the import system's marker, not a module
