"""Structured events through standard logging: `log.info("poll", source="harbour", new=2)`.

Libraries log the same way. cli/logging.py gives every record its form on stderr, for commands that log.
"""

import logging
from collections.abc import MutableMapping


class EventLogger(logging.LoggerAdapter[logging.Logger]):
    """Logger whose keyword arguments are the fields of an event; `exc_info=True` adds the traceback."""

    def process(
        self, msg: object, kwargs: MutableMapping[str, object]
    ) -> tuple[object, MutableMapping[str, object]]:
        """Move the fields into one attribute of the record, whose own attributes are `name`, `args`, …"""
        exc_info = kwargs.pop("exc_info", None)
        return msg, {"exc_info": exc_info, "extra": {"fields": kwargs}}


log = EventLogger(logging.getLogger("publicwire"))

log.logger.addHandler(logging.NullHandler())  # commands that do not log drop events, warnings included
