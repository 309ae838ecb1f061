"""Who of those that are due is taken: no host all places, no doubtful ones more than half."""

from aggregator.policy.fairness import AT_HOST, HostAdmission

STANDING = {"prompt.example": True, "slow.example": False}


def turns(*under_way: str, places: int = 100) -> HostAdmission:
    return HostAdmission(under_way, places=places, per_host=2, is_prompt=STANDING.get)


def taken(turns: HostAdmission, host: str) -> int:
    """How many of 99 due sources of the host are taken."""
    return sum(turns.admit(host) for _ in range(99))


def test_a_prompt_host_is_given_as_many_as_can_begin_soon() -> None:
    assert taken(turns(), "prompt.example") == AT_HOST
    assert taken(turns("prompt.example", "prompt.example"), "prompt.example") == AT_HOST - 2


def test_one_source_finds_out_about_a_host_that_nobody_knows() -> None:
    assert taken(turns(), "new.example") == 1
    assert taken(turns("new.example"), "new.example") == 0


def test_a_slow_host_is_given_no_more_than_are_asked_at_once() -> None:
    assert taken(turns(), "slow.example") == 2
    assert taken(turns("slow.example"), "slow.example") == 1


def test_hosts_that_may_not_answer_share_half_of_all_places() -> None:
    look = turns("slow.example", "slow.example", "prompt.example", places=12)
    assert [look.admit(f"new{n}.example") for n in range(6)] == [True] * 4 + [False] * 2
    assert look.admit("prompt.example")
    full = turns(*(f"new{n}.example" for n in range(6)), places=12)
    assert not full.admit("newer.example")
    assert not full.admit("slow.example")
    assert full.admit("prompt.example")


def test_slow_hosts_leave_half_of_that_to_those_that_nobody_knows() -> None:
    look = turns("slow.example", places=4)
    assert not look.admit("slow.example")
    assert look.admit("new.example")


def test_no_more_are_taken_than_there_are_places() -> None:
    assert taken(turns(*[""] * 5, places=8), "prompt.example") == 3


def test_a_place_is_no_longer_doubtful_once_its_host_has_answered() -> None:
    standing: dict[str, bool] = {}
    under_way = [f"new{n}.example" for n in range(5)]
    standing["new0.example"] = True
    assert HostAdmission(under_way, places=10, per_host=2, is_prompt=standing.get).admit("newer.example")


def test_files_wait_for_no_host() -> None:
    assert taken(turns(*[""] * 50, places=200), "") == 99


def test_who_is_sent_on_counts_where_it_was_led() -> None:
    look = HostAdmission(
        ["a.example", "b.example"],
        places=100,
        per_host=2,
        is_prompt=lambda host: host != "slow.example",
        end_of=lambda host: host if host == "prompt.example" else "slow.example",
    )
    assert not look.admit("c.example")
    assert look.admit("prompt.example")


def test_a_prompt_host_is_given_no_fewer_than_may_be_asked_at_once() -> None:
    look = HostAdmission((), places=100, per_host=50, is_prompt=STANDING.get)
    assert taken(look, "prompt.example") == 50
