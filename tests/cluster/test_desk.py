"""Decisions at the desk of one web node are on all of them at once."""

import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cluster.desk import NAME, USERS, Editor
from tests.cluster.given import given_a_cluster
from tests.postgres import Server
from tests.running import feed, item, until
from tests.server import answer, http_server_in_thread

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]

ACTS = {"hold": False, "release": True, "withdraw": False}  # each with: is live after it


@pytest.mark.parametrize("items", [1, pytest.param(50, marks=pytest.mark.soak)])
def test_decisions_at_the_desk_are_seen_on_all_of_four_web_nodes(
    postgres: Server, tmp_path: Path, items: int
) -> None:
    """The soak asserts the times of an idle machine, from the sent form to the last node's document."""
    cluster = given_a_cluster(tmp_path, postgres.schema(f"cluster_desk_{items}"))
    releases = (item(str(n), f"Release {n}", f"What release {n} says.") for n in range(items))
    took = list[float]()
    with http_server_in_thread({"/feed": answer(body=feed(*releases))}) as origin, ExitStack() as stack:
        cluster.sources({"s": origin.url("/feed")}, ", burst: 1000, budget: {items: 1000}", more=USERS)
        cluster.apply()
        with cluster.node("work", "work"):
            until(lambda: cluster.count("item") == items, seconds=60)
        webs = [stack.enter_context(cluster.node("web", f"w{n}")) for n in range(4)]
        editor = Editor(webs)
        editor.log_in()
        for name, title in cluster.rows("SELECT id, title FROM item ORDER BY number"):
            assert all(title in web.titles() for web in webs)
            for act, is_live in ACTS.items():
                began = editor.decides(str(name), act)
                until(lambda: all((title in web.titles()) is is_live for web in webs))  # noqa: B023
                took.append(time.monotonic() - began)
        decided = cluster.rows(f"SELECT trigger FROM audit WHERE actor = '{NAME}'")
        assert Counter(str(act) for (act,) in decided) == dict.fromkeys(ACTS, items)
    took.sort()
    print(f"p50 {took[len(took) // 2]:.3f} s, p99 {took[len(took) * 99 // 100]:.3f} s, max {took[-1]:.3f} s")
    if items > 1:
        assert took[-1] < 1.0
        assert took[len(took) * 99 // 100] < 0.5
