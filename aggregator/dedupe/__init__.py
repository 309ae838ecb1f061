"""From items and what storage remembers to what is to be done: the one door of the room."""

from aggregator.dedupe.changes import decide

__all__ = ["decide"]
