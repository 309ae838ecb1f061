"""Decisions of operators in the service's log: verbs run in processes of their own."""

from aggregator.log import log
from aggregator.model.decision import Trigger
from aggregator.policy.origin_steps import ORIGIN
from aggregator.storage import Storage

LOGGED_AT_ONCE = 500  # decisions read in one call
BY_ITSELF = frozenset({Trigger.TIME, Trigger.FIRST_SEEN})


class Acts:
    """Logs each decision that an operator made since the first call, once."""

    def __init__(self, storage: Storage) -> None:
        self._items, self._admin = storage.items, storage.admin
        self._last: int | None = None
        self._last_line = 0

    def __call__(self) -> None:
        """Log what was decided since the last call; StorageError."""
        if self._last is None:
            self._last, self._last_line = self._items.last_act(), self._admin.last_decision()
        for number, act in self._items.acts(self._last, LOGGED_AT_ONCE):
            self._last = number
            if act.trigger not in BY_ITSELF and act.actor != ORIGIN:
                log.info(
                    "operator",
                    act=act.trigger.value,
                    item=act.id,
                    state=act.after.value,
                    by=act.actor,
                    reason=act.reason,
                )
        self._last_line, removals = self._admin.forgotten(self._last_line)
        for removal in removals:
            log.info("operator", act="forget", source=removal.source, by=removal.actor)
