"""A store by role: `Storage`, whose parts are the contract of every engine."""

from typing import TYPE_CHECKING

from msgspec import Struct

from aggregator.storage.sql.engine import Engine

if TYPE_CHECKING:
    from aggregator.storage.sql.act_store import ActStore
    from aggregator.storage.sql.admin import AdminStore
    from aggregator.storage.sql.change_store import ChangeStore
    from aggregator.storage.sql.cluster_store import ClusterStore
    from aggregator.storage.sql.desk import DeskStore
    from aggregator.storage.sql.image_store import ImageStore
    from aggregator.storage.sql.origin_store import OriginStore
    from aggregator.storage.sql.overview_store import OverviewStore
    from aggregator.storage.sql.page_store import PageStore
    from aggregator.storage.sql.polls import PollStore
    from aggregator.storage.sql.push_store import PushStore
    from aggregator.storage.sql.queries import ItemStore
    from aggregator.storage.sql.reports import ReportStore
    from aggregator.storage.sql.search_store import SearchStore
    from aggregator.storage.sql.settings_store import SettingsStore
    from aggregator.storage.sql.styles import StyleStore
    from aggregator.storage.sql.task_store import TaskStore
    from aggregator.storage.sql.users import SessionStore


class Storage(Struct, frozen=True):
    """One store, by role. The module of a role is imported when it is first asked for: a command needs two or
    three of them, and all take 150 ms of CPU."""

    engine: Engine

    @property
    def settings(self) -> "SettingsStore":
        """Return the configuration last applied and the ids of sources."""
        from aggregator.storage.sql.settings_store import SettingsStore

        return SettingsStore(self.engine)

    @property
    def polls(self) -> "PollStore":
        """Return what polls claim and record."""
        from aggregator.storage.sql.polls import PollStore

        return PollStore(self.engine)

    @property
    def items(self) -> "ItemStore":
        """Return the items, as publishers and people read them."""
        from aggregator.storage.sql.queries import ItemStore

        return ItemStore(self.engine)

    @property
    def acts(self) -> "ActStore":
        """Return what is done to items."""
        from aggregator.storage.sql.act_store import ActStore

        return ActStore(self.engine)

    @property
    def tasks(self) -> "TaskStore":
        """Return durable work other than polls."""
        from aggregator.storage.sql.task_store import TaskStore

        return TaskStore(self.engine)

    @property
    def admin(self) -> "AdminStore":
        """Return the store as a whole."""
        from aggregator.storage.sql.admin import AdminStore

        return AdminStore(self.engine)

    @property
    def changes(self) -> "ChangeStore":
        """Return the public changes."""
        from aggregator.storage.sql.change_store import ChangeStore

        return ChangeStore(self.engine)

    @property
    def origins(self) -> "OriginStore":
        """Return withdrawals by origins."""
        from aggregator.storage.sql.origin_store import OriginStore

        return OriginStore(self.engine)

    @property
    def push(self) -> "PushStore":
        """Return what is pushed."""
        from aggregator.storage.sql.push_store import PushStore

        return PushStore(self.engine)

    @property
    def overview(self) -> "OverviewStore":
        """Return what the admin side shows of the store."""
        from aggregator.storage.sql.overview_store import OverviewStore

        return OverviewStore(self.engine)

    @property
    def reports(self) -> "ReportStore":
        """Return the reports of readers."""
        from aggregator.storage.sql.reports import ReportStore

        return ReportStore(self.engine)

    @property
    def searches(self) -> "SearchStore":
        """Return the public items as searches and the API read them."""
        from aggregator.storage.sql.search_store import SearchStore

        return SearchStore(self.engine)

    @property
    def pages(self) -> "PageStore":
        """Return the pages of items and their texts."""
        from aggregator.storage.sql.page_store import PageStore

        return PageStore(self.engine)

    @property
    def desk(self) -> "DeskStore":
        """Return what waits at the desk."""
        from aggregator.storage.sql.desk import DeskStore

        return DeskStore(self.engine)

    @property
    def sessions(self) -> "SessionStore":
        """Return the sessions of the desk's users."""
        from aggregator.storage.sql.users import SessionStore

        return SessionStore(self.engine)

    @property
    def images(self) -> "ImageStore":
        """Return the copies of images."""
        from aggregator.storage.sql.image_store import ImageStore

        return ImageStore(self.engine)

    @property
    def cluster(self) -> "ClusterStore":
        """Return what the nodes of a cluster share. Loaded when it is first asked for."""
        from aggregator.storage.sql.cluster_store import ClusterStore

        return ClusterStore(self.engine)

    @property
    def styles(self) -> "StyleStore":
        """Return the items whose house style has changed."""
        from aggregator.storage.sql.styles import StyleStore

        return StyleStore(self.engine)

    def close(self) -> None:
        """Close every connection of every thread."""
        self.engine.close()
