"""One-use links in alerts to the operator, by which a release in its veto window is held. The store keeps
digests of their tokens alone, so that each post makes its own."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime

from msgspec import Struct

from aggregator.model.alert import Alert, AlertKind
from aggregator.model.desk import VetoLink
from aggregator.model.settings import Config
from aggregator.policy.sessions import digest
from aggregator.storage.sql.desk import DeskStore

TOKEN_BYTES = 32
LINKS_MAX = 20  # of one alert, those of the releases that go live next


class Offered(Struct, frozen=True):
    """A link that was made: the id of its release, when that goes live, and the secret address."""

    item: str
    until: datetime
    url: str


@dataclass(frozen=True, slots=True)
class VetoLinks:
    """Makes the links of alerts."""

    storage: DeskStore
    _: KW_ONLY
    config: Callable[[], Config]
    clock: Callable[[], datetime]

    def offered(self, alerts: Sequence[Alert]) -> Mapping[int, tuple[Offered, ...]]:
        """Return new links of alerts by their numbers."""
        raised = [each for each in alerts if each.kind is AlertKind.VETO and each.cleared is None]
        return {alert.number: self._made(alert.source) for alert in raised}

    def _made(self, source: str) -> tuple[Offered, ...]:
        now, root = self.clock(), self.config().admin_url
        made: list[Offered] = []
        kept: list[VetoLink] = []
        for item in self.storage.in_window(source, now, LINKS_MAX):
            token, until = secrets.token_urlsafe(TOKEN_BYTES), item.release or now
            made.append(Offered(item.id, until, f"{root}/veto/{token}"))
            kept.append(VetoLink(digest(token), item.id, until))
        self.storage.add_links(kept, now)
        return tuple(made)
