"""A long sources.yaml is parsed in a process of its own: the service gives neither its memory nor its one
interpreter for it, and takes over the result, a tenth of the work."""

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aggregator.config.load import parse as parsed
from aggregator.config.load import stamped, text_of
from aggregator.errors import ConfigError, Problem
from aggregator.model.credentials import Credentials
from aggregator.model.settings import Config

APART_FROM = 500_000  # characters, some 2,000 sources: below, the start of a process takes longer
Environment = Mapping[str, str]


def load(path: Path, environment: Environment | None = None) -> Config:
    """Return the configuration in a file; ConfigError as `config.load`."""
    text = text_of(path)
    return stamped(parse(text, path, environment), text)


def parse(text: str, path: Path, environment: Environment | None = None) -> Config:
    """Return the configuration in a text as if read from a file; ConfigError as `config.parse`, and for a
    process that was killed."""
    if len(text) < APART_FROM:
        return parsed(text, path, environment)
    known = None if environment is None else dict(environment)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "aggregator.config.apart"],
        input=pickle.dumps((text, path, known)),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,  # Ctrl-C is for the service
        check=False,
    )
    if done.returncode != 0:
        reason = f"could not be read: the process that read it ended with code {done.returncode}"
        raise ConfigError((Problem(str(path), 1, 1, reason),))
    found: Config | tuple[Problem, ...] = pickle.loads(done.stdout)  # noqa: S301 - of a process of our own
    if isinstance(found, Config):
        return found
    raise ConfigError(found)


def _answer(text: str, path: Path, environment: Environment | None) -> Config | tuple[Problem, ...]:
    try:
        return parsed(text, path, environment)
    except ConfigError as error:
        return error.problems


class _Answering(pickle.Pickler):
    """Returns credentials, too, to the process that asked for them and alone has the other end."""

    def reducer_override(self, obj: object) -> Any:
        return (Credentials, (obj.home, obj.fields)) if isinstance(obj, Credentials) else NotImplemented


if __name__ == "__main__":
    _Answering(sys.stdout.buffer, 5).dump(_answer(*pickle.load(sys.stdin.buffer)))  # noqa: S301 - of our own
