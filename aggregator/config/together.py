"""Constraints between the configurations of several publications that one process serves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aggregator.config.users import default_admin_url
from aggregator.config.values import slugify
from aggregator.errors import UsageError
from aggregator.model.settings import ADMIN, Config


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a publication on the admin side: its path, and the address that browsers reach it under;
    both "" for the only publication, which is at its own `admin_url`."""

    path: str = ""
    url: str = ""

    def put(self, config: Config) -> Config:
        """Return a configuration of this publication with its address on the admin side."""
        return replace(config, admin_url=self.url) if self.url else config


def check_together(configs: Sequence[Config]) -> None:
    """Raise UsageError unless each publication has its own name, public side and store, and all have one
    admin side: that of the first file, which the others repeat or leave out."""
    first = configs[0]
    for index, config in enumerate(configs):
        for other in configs[:index]:
            _check_two(other, config)
        if config.admin not in (first.admin, ADMIN):
            raise UsageError(
                f"{config.path}: admin: {config.admin} differs from {first.admin} in {first.path}, where the "
                "admin side of all is; remove the key"
            )
        if config.listen == first.admin and config.listen.port:
            raise UsageError(f"{config.path}: listen is the admin side of {first.path}; give it another port")
        if config.admin_url not in (first.admin_url, default_admin_url(config.admin)):
            raise UsageError(
                f"{config.path}: admin_url: {config.admin_url} differs from {first.admin_url} in "
                f"{first.path}, where the admin side of all is; remove the key"
            )


def places(configs: Sequence[Config]) -> Sequence[Place]:
    """Return the place of each publication: of several, the slug of its name behind the `admin_url` of the
    first file."""
    if len(configs) == 1:
        return (Place(),)
    slugs = [slugify(each.publication.name) for each in configs]
    return [Place(slug, f"{configs[0].admin_url}/{slug}") for slug in slugs]


def _check_two(one: Config, other: Config) -> None:
    if one.listen == other.listen and one.listen.port:
        raise UsageError(
            f"{other.path}: listen: {other.listen} is that of {one.path}; give each publication its own port"
        )
    if one.store == other.store:
        raise UsageError(
            f"{other.path}: store: {other.store} is that of {one.path}; give each publication a directory"
        )
    if slugify(one.publication.name) == slugify(other.publication.name):
        raise UsageError(
            f"{other.path}: publication.name is that of {one.path}, and its path on the admin side; "
            "give each publication its own name"
        )
