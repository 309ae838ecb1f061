"""Whose turn it is: which of the due sources get a place among the polls under way. Pure.

One host never takes all places, and hosts that are not known to be prompt never more than half, slow ones
half of those: of a crowd of new sources most may be dead, and who answers keeps the schedule.
"""

from collections import Counter
from collections.abc import Callable, Iterable

AT_HOST = 16  # polls under way at one prompt host: more would only wait there for each other
CAPACITY_POOLS = {
    True: (True,),
    None: (True, None),
    False: (True, None, False),
}  # by standing: what a place is taken from


class HostAdmission:
    """One look at who is due. `under_way` names the host of each poll that is, "" of a file.

    `is_prompt` tells of a host whether it answers in good time; None: nobody knows, and then one of its
    sources finds out for all. `end_of` tells where a host leads: who is sent on waits there.
    """

    def __init__(
        self,
        under_way: Iterable[str],
        *,
        places: int,
        per_host: int,
        is_prompt: Callable[[str], bool | None],
        end_of: Callable[[str], str] = str,
    ) -> None:
        self._at = Counter(end_of(host) for host in under_way)
        self._is_prompt = is_prompt
        self._end_of = end_of
        self._at_host = {True: max(AT_HOST, per_host), False: per_host, None: 1}
        self._left = {True: places, None: places // 2, False: places // 4}
        for host, polls in self._at.items():
            for pool in CAPACITY_POOLS[is_prompt(host) if host else True]:
                self._left[pool] -= polls

    def admit(self, host: str) -> bool:
        """Whether a source of this host is taken; if so, its place is."""
        host = self._end_of(host)
        standing = self._is_prompt(host) if host else True
        pools = CAPACITY_POOLS[standing]
        if host and self._at[host] >= self._at_host[standing]:
            return False
        if any(self._left[pool] <= 0 for pool in pools):
            return False
        self._at[host] += 1
        for pool in pools:
            self._left[pool] -= 1
        return True
