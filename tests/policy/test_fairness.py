"""Fairness among due sources: no host gets all places, unproven hosts no more than half."""

from aggregator.policy.fairness import POLLS_PER_PROMPT_HOST, HostAdmission

STANDING = {"prompt.example": True, "slow.example": False}


def admission(*under_way: str, places: int = 100) -> HostAdmission:
    return HostAdmission(under_way, places=places, per_host=2, is_prompt=STANDING.get)


def admitted(admissions: HostAdmission, host: str) -> int:
    """The number of admitted sources, of 99 due ones of the host."""
    return sum(admissions.admit(host) for _ in range(99))


def test_a_prompt_host_gets_as_many_polls_as_can_begin_soon() -> None:
    assert admitted(admission(), "prompt.example") == POLLS_PER_PROMPT_HOST
    assert (
        admitted(admission("prompt.example", "prompt.example"), "prompt.example") == POLLS_PER_PROMPT_HOST - 2
    )


def test_an_unproven_host_is_probed_by_one_source() -> None:
    assert admitted(admission(), "new.example") == 1
    assert admitted(admission("new.example"), "new.example") == 0


def test_a_slow_host_gets_no_more_polls_than_fetches_at_once() -> None:
    assert admitted(admission(), "slow.example") == 2
    assert admitted(admission("slow.example"), "slow.example") == 1


def test_unproven_and_slow_hosts_share_half_of_all_places() -> None:
    due = admission("slow.example", "slow.example", "prompt.example", places=12)
    assert [due.admit(f"new{n}.example") for n in range(6)] == [True] * 4 + [False] * 2
    assert due.admit("prompt.example")
    full = admission(*(f"new{n}.example" for n in range(6)), places=12)
    assert not full.admit("newer.example")
    assert not full.admit("slow.example")
    assert full.admit("prompt.example")


def test_slow_hosts_leave_half_of_that_to_unproven_ones() -> None:
    due = admission("slow.example", places=4)
    assert not due.admit("slow.example")
    assert due.admit("new.example")


def test_no_more_sources_are_admitted_than_there_are_places() -> None:
    assert admitted(admission(*[""] * 5, places=8), "prompt.example") == 3


def test_files_count_as_prompt_and_have_no_limit_per_host() -> None:
    assert admitted(admission(places=120), "") == 99
    assert admission(*[""] * 5, places=10).admit("new.example")


def test_a_place_counts_as_prompt_once_its_host_has_answered() -> None:
    standing: dict[str, bool] = {}
    under_way = [f"new{n}.example" for n in range(5)]
    standing["new0.example"] = True
    assert HostAdmission(under_way, places=10, per_host=2, is_prompt=standing.get).admit("newer.example")


def test_files_wait_for_no_host() -> None:
    assert admitted(admission(*[""] * 50, places=200), "") == 99


def test_a_redirected_poll_counts_at_the_target_host() -> None:
    due = HostAdmission(
        ["a.example", "b.example"],
        places=100,
        per_host=2,
        is_prompt=lambda host: host != "slow.example",
        end_of=lambda host: host if host == "prompt.example" else "slow.example",
    )
    assert not due.admit("c.example")
    assert due.admit("prompt.example")


def test_a_prompt_host_gets_no_fewer_polls_than_fetches_at_once() -> None:
    due = HostAdmission((), places=100, per_host=50, is_prompt=STANDING.get)
    assert admitted(due, "prompt.example") == 50


def test_slow_hosts_alone_fill_nothing_and_prompt_ones_all() -> None:
    due = HostAdmission((), places=4, per_host=1, is_prompt=lambda host: not host.startswith("slow"))
    assert [due.admit(f"slow{n}") for n in range(3)] == [True, False, False]
    assert not due.is_full
    assert [due.admit(f"prompt{n}") for n in range(4)] == [True, True, True, False]
    assert due.is_full
