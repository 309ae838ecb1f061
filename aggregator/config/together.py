"""Constraints between the configurations of several publications that one process serves."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from aggregator.config.users import default_admin_url
from aggregator.config.values import slugify
from aggregator.errors import UsageError
from aggregator.model.settings import ADMIN, Config

TAKEN = frozenset({"static"})  # paths of the admin side that belong to no publication


class Place(Struct, frozen=True):
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
        for before, other in enumerate(configs[:index], 1):
            _check_two(other, config)
            if _slug(before, other) == _slug(index + 1, config):
                raise UsageError(
                    f"{config.path}: publication.name is that of {other.path}, and its path on the admin "
                    "side; give each publication its own name"
                )
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
    slugs = [_slug(number, each) for number, each in enumerate(configs, 1)]
    return [Place(slug, f"{configs[0].admin_url}/{slug}") for slug in slugs]


def _slug(number: int, config: Config) -> str:
    """Return the path of a publication: of its name, or of its number where that gives none of its own."""
    slug = slugify(config.publication.name)
    return slug if slug and slug not in TAKEN else f"publication-{number}"


def _check_two(one: Config, other: Config) -> None:
    if one.listen == other.listen and one.listen.port:
        raise UsageError(
            f"{other.path}: listen: {other.listen} is that of {one.path}; give each publication its own port"
        )
    if one.store == other.store:
        raise UsageError(
            f"{other.path}: store: {other.store} is that of {one.path}; give each publication a directory"
        )
