"""`init`: write a first sources.yaml and the sample feed that it names."""

import sys
from datetime import datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from pathlib import Path
from string import Template

from aggregator.cli.output import confirmed, say
from aggregator.errors import UsageError
from aggregator.service import app
from aggregator.storage import private

CONFIGURATION, SAMPLE, STORE = "sources.yaml", "sample.xml", "store"
_STARTER = files("aggregator.cli") / "starter"
_IGNORED = "# Data of the service: not for version control.\n*\n"
# Ages of the sample's releases: within the week whose items a first import publishes in the merged feed.
_AGES = {"newest": timedelta(hours=2), "middle": timedelta(days=1), "oldest": timedelta(days=3)}


def init(directory: Path) -> int:
    """Write the configuration, the sample feed and an ignored store into a directory, which may be new.

    Return 0. UsageError if a file is already there; no file is ever overwritten.
    """
    texts = {CONFIGURATION: _text(CONFIGURATION), SAMPLE: _sample(app.utc_now())}
    for name in texts:
        if (directory / name).exists() or (directory / name).is_symlink():
            raise UsageError(f"{directory / name} is already there: nothing was written")
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        try:
            with (directory / name).open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError as error:  # made by another process meanwhile
            raise UsageError(f"{directory / name} is already there") from error
    private.directory(directory / STORE)
    ignored = directory / STORE / ".gitignore"
    if not ignored.exists():
        ignored.write_text(_IGNORED, encoding="utf-8")
    _say_next(directory)
    return 0


def offered(path: Path) -> bool:
    """Return whether a missing configuration was written because the operator agreed to it on the terminal.

    Asks only for the default name: a mistyped --config is a mistake, no wish for a new file.
    """
    if path.name != CONFIGURATION or path.exists() or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    say(f"There is no {path} yet.")
    if not confirmed("Write one, with a sample feed to start with?", "write it"):
        return False
    return init(path.parent) == 0


def _say_next(directory: Path) -> None:
    say(f"wrote {directory / CONFIGURATION} and {directory / SAMPLE}, a feed to try it with")
    say("next:")
    here = Path()
    if directory.resolve() != here.resolve():
        say(f"  cd {directory}")
    say("  publicwire                  start the service: pages at http://127.0.0.1:8000/")
    say("  publicwire add URL          add a source: its feed, or a page that links to it")
    say("  publicwire check --live     fetch every source once and say what would be imported")


def _text(name: str) -> str:
    return (_STARTER / name).read_text(encoding="utf-8")


def _sample(now: datetime) -> str:
    dates = {name: format_datetime(now - age) for name, age in _AGES.items()}
    return Template(_text(SAMPLE)).substitute(dates)
