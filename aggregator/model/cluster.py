"""Nodes of a cluster, its queue and the configuration that is in force on all of them."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

ALIVE_FOR = timedelta(seconds=5)  # after a report; a node reports once a second


class Role(StrEnum):
    """Work of a node. The values are stored: never rename one."""

    WORK = "work"
    WEB = "web"
    SERVE = "serve"

    @property
    def polls(self) -> bool:
        """Whether nodes of this role poll and do the work that one node does at a time."""
        return self is not Role.WEB

    @property
    def answers(self) -> bool:
        """Whether nodes of this role answer the public."""
        return self is not Role.WORK


class Beat(Struct, frozen=True):
    """State of a node as it reports it once a tick; `config` is the number of its configuration.

    `offset` is the node's clock minus the database's, `running` the polls and tasks under way, `leases_lost`
    and `away` count since its start: polls that another node took over, times that the store was away.
    """

    name: str
    role: Role
    version: str
    config: int
    offset: timedelta
    running: int
    leases_lost: int
    away: int
    started: datetime
    problem: str = ""


class Node(Struct, frozen=True):
    """A node as the others see it: its last report, and its age by the database's clock."""

    beat: Beat
    silent: timedelta

    @property
    def is_alive(self) -> bool:
        """Return whether it reported lately."""
        return self.silent < ALIVE_FOR


class ConfigVersion(Struct, frozen=True):
    """One sources.yaml that was applied; `digest` is that of its text (SHA-256, hexadecimal)."""

    number: int
    digest: str
    text: str
    applied: datetime


class Delivery(Struct, frozen=True):
    """One delivery of a job: poll the due sources of a host. A second one of the same job means that the
    first was not ended."""

    job: int
    host: str


class QueueStats(Struct, frozen=True):
    """Jobs of the queue and their hosts; `oldest` is how long the oldest unclaimed one has waited."""

    waiting: int
    picked: int
    oldest: timedelta = timedelta()
    hosts: frozenset[str] = frozenset()
