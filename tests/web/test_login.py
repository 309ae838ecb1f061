"""Users of the desk log in, stay logged in and are logged out; other sites post nothing for them."""

import dataclasses
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from msgspec.structs import replace

from aggregator.errors import StoreFull
from aggregator.model.user import AdminProxy, Role, User
from aggregator.policy.sessions import IDLE_MAX
from aggregator.storage.sql.users import SessionStore
from aggregator.web.access import COOKIE
from aggregator.web.admin import admin_app
from aggregator.web.clients import TrustedProxies
from aggregator.web.editing import Edits
from tests.given import DAY, HOUR
from tests.roles import altered
from tests.web.browser import Browser
from tests.web.newsroom import Newsroom, access, newsroom

pytestmark = pytest.mark.usefixtures("engine")

PHRASE = "a long enough phrase"
HASH = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PHRASE)
ANA, JO = User("Ana", Role.EDITOR, HASH), User("Jo", Role.ADMIN, HASH)


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    made = newsroom(tmp_path)
    made.config = replace(made.config, users=(ANA, JO))
    return made


def browser(room: Newsroom, edits: Edits | None = None, **fields: object) -> Browser:
    """A browser of one running admin side."""
    app = admin_app(room.storage, access(room), lambda: True, edits=edits)
    return Browser(app, **fields)  # type: ignore[arg-type]  # the caller names fields of Browser


def logged_in(room: Newsroom, name: str = "Ana", edits: Edits | None = None, **fields: object) -> Browser:
    made = browser(room, edits, **fields)
    answer = made.post("/login", name=name, password=PHRASE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    made.get("/desk")
    return made


def test_without_users_pages_are_read_only_and_say_how_to_set_one(room: Newsroom) -> None:
    room.config = replace(room.config, users=())
    reader = browser(room)
    for path in ("/desk", "/login"):
        assert "publicwire user add NAME" in reader.get(path).text
    assert "<button name" not in reader.get("/desk").text
    assert reader.post("/login", name="Ana", password=PHRASE).status_code == 403
    assert reader.post("/desk/bulk", act="hold", reason="x", item="a 1").status_code == 403


def test_a_user_logs_in_and_out(room: Newsroom) -> None:
    reader = browser(room)
    for path in ("/desk", "/desk/items/unknown"):
        assert reader.get(path).headers["location"] == "/login"
    assert 'type="password"' in reader.get("/login").text
    answer = reader.post("/login", name="Ana", password=PHRASE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    page = reader.get("/desk")
    assert "<span>Ana <small>editor</small></span>" in page.text
    assert '<a href="/reports">Reports <small>0</small></a>' in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert reader.get("/login").headers["location"] == "/desk"
    kept = dict(reader.cookies)
    assert reader.post("/logout").headers["location"] == "/login"
    assert reader.cookies == {}
    reader.cookies = kept  # a copy of the cookie is worth nothing
    assert reader.get("/desk").headers["location"] == "/login"


def test_the_store_has_no_token_that_logs_in(room: Newsroom) -> None:
    reader = logged_in(room)
    token = reader.cookies[COOKIE]
    assert len(token) >= 43  # 256 bits in Base64
    assert room.storage.sessions.find(token.encode()) is None


def test_behind_https_the_cookie_is_secure_and_of_this_host_alone(room: Newsroom) -> None:
    room.config = replace(room.config, admin_url="https://desk.example")
    reader = browser(room, at="https://desk.example")
    cookie = reader.post("/login", name="Ana", password=PHRASE).headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert "; Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("name", "phrase"), [("Ana", "another long phrase"), ("Eve", PHRASE), ("Ana", ""), ("", "")]
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    room: Newsroom, name: str, phrase: str
) -> None:
    reader = browser(room)
    answer = reader.post("/login", name=name, password=phrase)
    assert (answer.status_code, reader.cookies) == (403, {})
    assert "The name or the password is wrong." in answer.text


def test_attempts_are_rate_limited_by_name_and_by_client(room: Newsroom) -> None:
    reader = browser(room)
    answers = [reader.post("/login", name="Ana", password="x" * 10).status_code for _ in range(11)]
    assert answers == [403] * 10 + [429]
    answer = reader.post("/login", name="Ana", password=PHRASE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "90")
    for number in range(17):
        reader.post("/login", name=f"Ana{number}", password=PHRASE)
    assert [reader.post("/login", name=f"Jo{n}", password=PHRASE).status_code for n in range(2)] == [403, 429]
    elsewhere = dataclasses.replace(reader, client="192.0.2.7")
    assert elsewhere.post("/login", name="Jo", password=PHRASE).status_code == 303
    room.now += timedelta(seconds=90)
    assert reader.post("/login", name="Ana", password=PHRASE).status_code == 303


def test_a_session_ends_when_it_is_idle_and_stays_while_it_is_used(room: Newsroom) -> None:
    reader = logged_in(room)
    for _ in range(3):
        room.now += IDLE_MAX - HOUR
        assert reader.get("/desk").status_code == 200
    room.now += IDLE_MAX + HOUR
    assert reader.get("/desk").status_code == 303


def test_a_session_ends_after_a_week_of_use(room: Newsroom) -> None:
    reader = logged_in(room)
    answers = []
    for _ in range(16):
        room.now += DAY / 2
        answers.append(reader.get("/desk").status_code)
    assert answers == [200] * 14 + [303] * 2


def test_a_new_password_and_a_removed_user_end_the_session(room: Newsroom) -> None:
    reader = logged_in(room)
    room.config = replace(room.config, users=(replace(ANA, role=Role.ADMIN), JO))
    assert reader.get("/desk").status_code == 303
    room.config = replace(room.config, users=(JO,))
    assert reader.get("/desk").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
        {"Origin": "http://localhost:8001", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_from_another_site_is_refused(room: Newsroom, headers: dict[str, str]) -> None:
    reader = logged_in(room)
    for path in ("/desk/bulk", "/logout", "/login"):
        assert reader.post(path, headers, name="Ana", password=PHRASE).status_code == 403
    assert reader.get("/desk").status_code == 200


def test_a_form_without_the_token_of_its_session_is_refused(room: Newsroom) -> None:
    reader, other = logged_in(room), logged_in(room, "Jo")
    reader.form = other.form
    assert "another session" in reader.post("/logout").text
    reader.form = ""
    assert reader.post("/logout").status_code == 403
    assert reader.get("/desk").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Content-Type": "application/json"}, 415), ({"Content-Type": "multipart/form-data"}, 415)],
)
def test_a_body_that_is_no_form_is_refused(room: Newsroom, headers: dict[str, str], status: int) -> None:
    reader = logged_in(room)
    assert reader.post("/desk/bulk", {**headers, "Origin": reader.at}).status_code == status


def test_a_body_beyond_the_bound_is_refused(room: Newsroom) -> None:
    reader = logged_in(room)
    assert reader.post("/desk/bulk", reason="x" * 70_000).status_code == 413
    assert reader.post("/desk/bulk", reason="\0").status_code == 400


PROXY = AdminProxy("X-Remote-User", (ip_network("192.0.2.0/24"),))


def test_a_proxy_names_the_user_from_its_networks_alone(room: Newsroom) -> None:
    room.config = replace(room.config, users=(User("Ana", Role.EDITOR), JO), admin_proxy=PROXY)
    named = {"X-Remote-User": "Ana"}
    reader = browser(room, client="192.0.2.7", headers=named)
    page = reader.get("/desk").text
    assert "<span>Ana <small>editor</small></span>" in page
    assert "Log out" not in page
    assert reader.post("/desk/bulk", act="hold", reason="x").status_code == 400  # nothing chosen
    assert browser(room, client="198.51.100.7", headers=named).get("/desk").status_code == 303
    stranger = browser(room, client="192.0.2.7", headers={"X-Remote-User": "Eve"})
    answer = stranger.get("/desk")
    assert (answer.status_code, "Eve is no user of this desk." in answer.text) == (403, True)
    assert stranger.post("/desk/bulk", act="hold", reason="x").status_code == 403
    room.config = replace(room.config, admin_proxy=None)
    assert reader.get("/desk").status_code == 303


def test_forms_of_a_user_that_a_proxy_names_are_of_the_store_not_of_one_process(room: Newsroom) -> None:
    """Of two nodes behind a load balancer one shows the page and the other gets the form."""
    room.config = replace(room.config, users=(User("Ana", Role.EDITOR), JO), admin_proxy=PROXY)
    named = {"X-Remote-User": "Ana"}
    reader, sender = (browser(room, client="192.0.2.7", headers=named) for _ in range(2))
    reader.get("/desk")
    sender.form = reader.form
    assert sender.post("/desk/bulk", act="hold", reason="x").status_code == 400  # nothing chosen
    sender.headers["X-Remote-User"] = "Jo"
    assert sender.post("/desk/bulk", act="hold", reason="x").status_code == 403


class Full(SessionStore):
    """Sessions of a store that takes nothing."""

    def form_key(self, new: bytes) -> bytes:
        raise StoreFull("no room")


def test_a_full_store_keeps_no_user_that_a_proxy_names_from_reading(room: Newsroom) -> None:
    room.config = replace(room.config, users=(User("Ana", Role.EDITOR), JO), admin_proxy=PROXY)
    room.storage = altered(room.storage, sessions=Full(room.storage.engine))
    reader = browser(room, client="192.0.2.7", headers={"X-Remote-User": "Ana"})
    assert reader.get("/desk").status_code == 200
    assert reader.post("/desk/bulk", act="hold", reason="x").status_code == 400  # nothing chosen


def test_behind_trusted_proxies_attempts_count_for_the_client_and_the_proxy_is_known_still(
    room: Newsroom,
) -> None:
    room.config = replace(room.config, admin_proxy=PROXY)
    reader = browser(room, client="192.0.2.7")
    reader.app = TrustedProxies(reader.app, lambda: PROXY.networks)

    def attempt(client: str, name: str) -> int:
        reader.headers = {"X-Forwarded-For": client}
        return reader.post("/login", name=name, password=PHRASE).status_code

    assert [attempt("2001:db8::1", f"Eve{number}") for number in range(31)] == [403] * 30 + [429]
    assert attempt("2001:db8::2", "Eve") == 429  # the same /64
    assert attempt("2001:db8:1::1", "Jo") == 303
    reader.headers, reader.cookies = {"X-Forwarded-For": "198.51.100.9", "X-Remote-User": "Ana"}, {}
    assert "<span>Ana <small>editor</small></span>" in reader.get("/desk").text
    reader.client = "198.51.100.9"
    assert reader.get("/desk").status_code == 303  # the same header from elsewhere


def test_a_user_without_a_password_logs_in_with_none(room: Newsroom) -> None:
    room.config = replace(room.config, users=(User("Ana", Role.EDITOR),), admin_proxy=PROXY)
    reader = browser(room)
    for phrase in ("", PHRASE):
        assert reader.post("/login", name="Ana", password=phrase).status_code == 403


def test_the_own_name_is_served_and_no_other(room: Newsroom) -> None:
    room.config = replace(room.config, admin_url="http://desk.example")
    statuses = []
    for host in ("Desk.example:443", "evil.example", "localhost"):
        reader = browser(room, at="http://127.0.0.1:8001", headers={"Host": host})
        statuses.append(reader.get("/login").status_code)
    assert statuses == [200, 421, 200]
