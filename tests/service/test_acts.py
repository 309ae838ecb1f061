"""Operators' decisions in the log of the service."""

from aggregator.model.decision import Trigger
from aggregator.policy.lifecycle import step
from aggregator.service.acts import Acts
from aggregator.storage import Storage
from tests.events import capture_logs
from tests.given import NOON, all_items, config, entry
from tests.storage.conftest import opened, storage  # noqa: F401  fixtures
from tests.storage.given import given_origin


def test_each_decision_of_an_operator_is_logged_once(storage: Storage) -> None:  # noqa: F811
    given_origin(storage).says(entry("Storm", "g1"), entry("Pilot", "g2"))
    one, _ = all_items(storage)
    acts = Acts(storage)
    with capture_logs() as logs:
        acts()
        hold = step(one, Trigger.HOLD, reason="to be checked", actor="ada", at=NOON)
        storage.acts.apply_transitions([hold])
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


def test_the_removal_of_a_source_is_logged_once(storage: Storage) -> None:  # noqa: F811
    given_origin(storage).says(entry("Storm", "g1"))
    acts = Acts(storage)
    with capture_logs() as logs:
        acts()
        storage.admin.sync(config(), NOON)
        storage.admin.forget("ministry", NOON, "ada")
        acts()
        acts()
    assert [each for each in logs if each["event"] == "operator"] == [
        {"event": "operator", "log_level": "info", "act": "forget", "source": "ministry", "by": "ada"}
    ]
