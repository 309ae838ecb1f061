"""A long sources.yaml is parsed in a process of its own: the service gives neither its memory nor its one
interpreter for it, and takes over the result, a tenth of the work."""

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from msgspec.structs import replace

from aggregator.config.load import parse as parsed
from aggregator.config.load import stamped, text_of
from aggregator.errors import ConfigError, Problem
from aggregator.model.credentials import Credentials
from aggregator.model.settings import Config, Source

PART = 1_000  # sources that are handed over in one piece, 10 ms
APART_FROM = 500_000  # characters, some 2,000 sources: below, the start of a process takes longer
Environment = Mapping[str, str]


def load(path: Path, environment: Environment | None = None, former: Config | None = None) -> Config:
    """Return the configuration in a file; ConfigError as `config.load`."""
    text = text_of(path)
    return stamped(parse(text, path, environment, former), text)


def parse(
    text: str, path: Path, environment: Environment | None = None, former: Config | None = None
) -> Config:
    """Return the configuration in a text as if read from a file; ConfigError as `config.parse`, and for a
    process that was killed. Sources that are equal in the `former` configuration are taken from it."""
    if len(text) < APART_FROM:
        return parsed(text, path, environment)
    known = None if environment is None else dict(environment)
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "aggregator.config.apart"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,  # Ctrl-C is for the service
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError, EOFError, pickle.UnpicklingError):  # it was killed
            with process.stdin as stream:
                pickle.dump((text, path, known), stream)
            found = _read(process.stdout, former)
    if process.returncode != 0:
        reason = f"could not be read: the process that read it ended with code {process.returncode}"
        raise ConfigError((Problem(str(path), 1, 1, reason),))
    if isinstance(found, Config):
        return found
    raise ConfigError(found)


def _read(stream: IO[bytes], former: Config | None) -> Config | tuple[Problem, ...]:
    """Return what `_write` wrote. One pickle of all sources would keep the interpreter for a second, and the
    copies of all beside those of the former configuration."""
    found: Config | tuple[Problem, ...] = pickle.load(stream)  # noqa: S301 - of a process of our own
    if not isinstance(found, Config):
        return found
    sources: list[Source] = []
    while part := pickle.load(stream):  # noqa: S301 - of a process of our own
        sources += part if former is None else [_former(each, former) for each in part]
    return replace(found, sources=tuple(sources))


def _former(source: Source, former: Config) -> Source:
    known = former.source(source.id)
    return known if known == source else source


def _write(stream: IO[bytes], found: Config | tuple[Problem, ...]) -> None:
    """Write an answer: the configuration without its sources, then these in parts, and an empty part."""
    if not isinstance(found, Config):
        pickle.dump(found, stream)
        return
    _Answering(stream, 5).dump(replace(found, sources=()))
    for begin in range(0, len(found.sources) + PART, PART):
        pickle.dump(found.sources[begin : begin + PART], stream, 5)


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
    _write(sys.stdout.buffer, _answer(*pickle.load(sys.stdin.buffer)))  # noqa: S301 - of our own
