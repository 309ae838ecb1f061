"""Sessions of the desk: expiry, changes of their user, requests of other sites."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.model.user import Role, User
from aggregator.policy.sessions import (
    AGE_MAX,
    IDLE_MAX,
    TOUCH_AFTER,
    digest,
    form_token,
    is_form_token,
    is_same_origin,
    is_to_touch,
    opened,
    user_of,
)
from tests.given import HOUR, NOON

ANA = User("Ana", Role.EDITOR, "$argon2id$one")
JO = User("Jo", Role.ADMIN, "$argon2id$two")
OWN = ("desk.example", "localhost:8001")


def test_a_session_names_its_user_until_it_was_idle_too_long() -> None:
    session = opened(ANA, NOON)
    assert user_of(session, (JO, ANA), NOON + IDLE_MAX) == ANA
    assert user_of(session, (JO, ANA), NOON + IDLE_MAX + timedelta(seconds=1)) is None
    assert user_of(None, (JO, ANA), NOON) is None


def test_a_session_in_use_ends_after_its_age_all_the_same() -> None:
    end = NOON + AGE_MAX
    session = replace(opened(ANA, NOON), seen=end)
    assert user_of(session, (ANA,), end) == ANA
    assert user_of(session, (ANA,), end + timedelta(seconds=1)) is None


@pytest.mark.parametrize(
    "users", [(), (JO,), (replace(ANA, role=Role.ADMIN),), (replace(ANA, password="$argon2id$new"),)]
)
def test_a_removed_or_changed_user_has_no_session(users: tuple[User, ...]) -> None:
    assert user_of(opened(ANA, NOON), users, NOON) is None


def test_the_last_request_is_written_now_and_then() -> None:
    session = opened(ANA, NOON)
    assert not is_to_touch(session, NOON + TOUCH_AFTER - timedelta(seconds=1))
    assert is_to_touch(session, NOON + HOUR)


def test_a_form_token_is_of_one_session_and_tells_nothing_of_it() -> None:
    token = form_token("session")
    assert is_form_token(token, form_token("session"))
    assert not is_form_token(form_token("session"), form_token("session", b"key"))
    assert not is_form_token(form_token("other"), token)
    assert not is_form_token("", token)
    assert not is_form_token("é\ud800", token)
    assert digest("session").hex() != token


@pytest.mark.parametrize(
    ("fetch_site", "origin", "is_own"),
    [
        ("same-origin", "", True),
        ("same-origin", "null", True),
        ("same-site", "https://desk.example", False),
        ("cross-site", "https://desk.example", False),
        ("none", "", False),
        ("", "https://desk.example", True),
        ("", "https://Desk.example", True),
        ("", "http://localhost:8001", True),
        ("", "http://localhost:8002", False),
        ("", "https://evil.example", False),
        ("", "https://desk.example.evil.example", False),
        ("", "null", False),
        ("", "", False),
        ("", "http://[", False),
    ],
)
def test_only_a_page_of_ours_posts(fetch_site: str, origin: str, is_own: bool) -> None:
    assert is_same_origin(fetch_site, origin, OWN) is is_own
