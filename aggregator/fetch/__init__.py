"""Gets documents from origins: politely, under limits, and never from an address it must not reach.

`client` is its front; nothing here knows what a feed is.
"""

import sys

# httpx's own command line would load click, rich and pygments: a third of the import of all of httpx, which
# does without it where these are missing. None makes its import fail just so.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # what the import system means by None
