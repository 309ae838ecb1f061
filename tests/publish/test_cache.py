"""The cache is bounded in bytes and evicts by last use."""

from aggregator.publish.cache import Cache


def test_the_least_recently_used_value_is_evicted() -> None:
    cache: Cache[str, str] = Cache(10)
    cache.put("a", "A", 4)
    cache.put("b", "B", 4)
    cache.get("a")
    cache.put("c", "C", 4)
    assert [cache.get(key) for key in "abc"] == ["A", None, "C"]


def test_the_newest_value_is_kept_at_any_size() -> None:
    cache: Cache[str, str] = Cache(10)
    cache.put("a", "A", 4)
    cache.put("b", "B", 40)
    cache.put("b", "BB", 50)
    assert [cache.get(key) for key in "ab"] == [None, "BB"]
