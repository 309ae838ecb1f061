"""Gets documents from origins: politely, under limits, and never from an address it must not reach.

`client` is its front; nothing here knows what a feed is.
"""
