"""Operators' decisions in the log of the service."""

from aggregator.model import Trigger
from aggregator.policy.lifecycle import step
from aggregator.service.acts import Acts
from aggregator.storage import Storage
from tests.events import capture_logs
from tests.given import NOON, all_items, entry
from tests.storage.conftest import opened, storage  # noqa: F401  fixtures
from tests.storage.given import given_origin


def test_each_decision_of_an_operator_is_logged_once(storage: Storage) -> None:  # noqa: F811
    given_origin(storage).says(entry("Storm", "g1"), entry("Pilot", "g2"))
    one, _ = all_items(storage)
    acts = Acts(storage)
    with capture_logs() as logs:
        acts()
        hold = step(one, Trigger.HOLD, reason="to be checked", actor="ada", at=NOON)
        storage.items.apply_transitions([hold])
        acts()
        acts()
    assert logs == [
        {
            "event": "operator",
            "log_level": "info",
            "act": "hold",
            "item": one.id,
            "state": "held",
            "by": "ada",
            "reason": "to be checked",
        }
    ]
