"""Constraints between the configurations of several publications that one process serves."""

from collections.abc import Sequence

from aggregator.config.values import slugify
from aggregator.errors import UsageError
from aggregator.model.settings import ADMIN, Config


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
