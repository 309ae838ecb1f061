"""Fairness: per-host admission control of the due sources. Pure.

One host never takes the whole capacity. Hosts of unknown responsiveness get at most half of it, slow ones a
quarter: most of many new sources may be dead, and sources that answer keep their schedule.
"""

from collections import Counter
from collections.abc import Callable, Iterable

POLLS_PER_PROMPT_HOST = 16  # under way at one prompt host: more would only wait there for each other
# Pools in which one poll takes a place, by responsiveness of its host (None: unknown).
CAPACITY_POOLS = {True: (True,), None: (True, None), False: (True, None, False)}


class HostAdmission:
    """One pass over the due sources. `under_way` names the host of each poll under way, "" for a file.

    `is_prompt(host)` tells whether a host answers in good time; None: unknown, until one poll of it ends.
    `end_of(host)` names the host it redirects to, where its polls wait.
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
        self._at_host = {True: max(POLLS_PER_PROMPT_HOST, per_host), False: per_host, None: 1}
        self._left = {True: places, None: places // 2, False: places // 4}
        for host, polls in self._at.items():
            for pool in CAPACITY_POOLS[is_prompt(host) if host else True]:
                self._left[pool] -= polls

    @property
    def is_full(self) -> bool:
        """Whether no host at all may be admitted."""
        return self._left[True] <= 0

    def admit(self, host: str) -> bool:
        """Return whether a source of this host may be claimed; if so, its place is taken."""
        host = self._end_of(host)
        is_prompt = self._is_prompt(host) if host else True
        pools = CAPACITY_POOLS[is_prompt]
        if host and self._at[host] >= self._at_host[is_prompt]:
            return False
        if any(self._left[pool] <= 0 for pool in pools):
            return False
        self._at[host] += 1
        for pool in pools:
            self._left[pool] -= 1
        return True
