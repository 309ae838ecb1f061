"""Feed clients of others, each with a cache of its own: a function that fetches a feed again and returns titles.

Programs of Debian are on the PATH; those of npm and PyPI are where .ci/run installs them, in build/clients.
"""

import mailbox
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from email.header import decode_header, make_header
from pathlib import Path

import httpx

from tests.pristine import feedparser

INSTALLED = Path(__file__).parents[2] / "build/clients"
PYTHON = INSTALLED / "python/bin/python"
NODE_MODULES = INSTALLED / "node_modules"

# Fetches the feed again and returns the titles that the client holds.
Reads = Callable[[], list[str]]
Subscribe = Callable[[Path, str], Reads]


def _run(*command: str, home: Path, stdin: bytes = b"", **environment: str) -> str:
    done = subprocess.run(
        command,
        check=True,
        timeout=120,
        input=stdin,
        capture_output=True,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment},
    )
    return done.stdout.decode()


def newsboat(directory: Path, address: str) -> Reads:
    """newsboat, which caches items by their ids."""
    directory.mkdir()
    (directory / "urls").write_text(f"{address}\n")
    (directory / "config").touch()
    names = {"-u": "urls", "-C": "config", "-c": "cache.db"}
    files = [part for option, name in names.items() for part in (option, str(directory / name))]

    def reads() -> list[str]:
        _run("newsboat", *files, "-x", "reload", home=directory)
        with closing(sqlite3.connect(directory / "cache.db")) as cache:
            return [
                title
                for (title,) in cache.execute(
                    "SELECT title FROM rss_item WHERE deleted = 0 ORDER BY pubDate DESC, id DESC"
                )
            ]

    return reads


def reader(directory: Path, address: str) -> Reads:
    """The library reader of PyPI, which keeps the latest version of every id."""
    directory.mkdir()
    script = (
        "import sys, reader\n"
        "r = reader.make_reader(sys.argv[1])\n"
        "r.add_feed(sys.argv[2], exist_ok=True)\n"
        "r.update_feed(sys.argv[2])\n"
        "assert r.get_feed(sys.argv[2]).last_exception is None, r.get_feed(sys.argv[2]).last_exception\n"
        "print(*(e.title for e in r.get_entries()), sep='\\n')\n"
    )
    return lambda: _run(
        str(PYTHON), "-c", script, str(directory / "cache.db"), address, home=directory
    ).splitlines()


def _mailed(path: Path) -> list[str]:
    """Return the subjects of a maildir, in the order of delivery."""
    letters = sorted(mailbox.Maildir(path, create=False).items())
    return [str(make_header(decode_header(letter["Subject"]))) for _, letter in letters]


def rss2email(directory: Path, address: str) -> Reads:
    """rss2email, which sends each id once."""
    (directory / "mail").mkdir(parents=True)
    (directory / "config").write_text(
        "[DEFAULT]\nfrom = a@b.example\nto = desk@b.example\nemail-protocol = maildir\n"
        f"maildir-path = {directory / 'mail'}\nmaildir-mailbox = in\n"
    )
    command = ("r2e", "-c", str(directory / "config"), "-d", str(directory / "data.json"))
    _run(*command, "add", "harbour", address, home=directory)

    def reads() -> list[str]:
        _run(*command, "run", home=directory)
        return _mailed(directory / "mail/in")

    return reads


def feed2exec(directory: Path, address: str) -> Reads:
    """feed2exec, which hands each id to a program once: here a maildir."""
    directory.mkdir()
    files = ("--config", str(directory / "config.ini"), "--database", str(directory / "cache.db"))
    into = ("--output", "maildir", "--mailbox", str(directory / "mail"))
    _run("feed2exec", *files, "add", "harbour", address, *into, home=directory)

    def reads() -> list[str]:
        _run("feed2exec", *files, "fetch", "--nocache", home=directory)  # it keeps to max-age
        (folder,) = (found for found in (directory / "mail").rglob("new"))
        return _mailed(folder.parent)

    return reads


def parsing(directory: Path, address: str) -> Reads:
    """feedparser, whose user keeps the latest version of every id."""
    kept: dict[str, str] = {}

    def reads() -> list[str]:
        document = feedparser.parse(address)
        assert not document.bozo
        ids = [entry.id for entry in document.entries]
        assert len(set(ids)) == len(ids)
        kept.update({entry.id: entry.title for entry in document.entries})
        return list(kept.values())

    return reads


def _each_time(command: tuple[str, ...], **environment: str) -> Subscribe:
    """Return a client without a memory, which prints the titles of the document on its standard input."""

    def subscribe(directory: Path, address: str) -> Reads:
        directory.mkdir()

        def reads() -> list[str]:
            body = httpx.get(address).raise_for_status().content
            return _run(*command, home=directory, stdin=body, **environment).splitlines()

        return reads

    return subscribe


_RUBY = (
    "feed = RSS::Parser.parse(STDIN.read, true)\n"
    "puts feed.items.map { |item| item.title.respond_to?(:content) ? item.title.content : item.title }"
)
_PERL = """
my $text = do { local $/; <STDIN> };
my $feed = XML::Feed->parse(\\$text) or die XML::Feed->errstr;
binmode STDOUT, ":utf8";
print $_->title, "\\n" for $feed->entries;
"""
_RSS_PARSER = """
const Parser = require("rss-parser");
const text = require("fs").readFileSync(0, "utf8");
new Parser().parseString(text).then((feed) => feed.items.forEach((item) => console.log(item.title)));
"""
_FEEDSMITH = """
const text = require("fs").readFileSync(0, "utf8");
const { feed } = require("feedsmith").parseFeed(text);
for (const item of feed.items ?? feed.entries)
    console.log(typeof item.title === "object" ? item.title.value : item.title);
"""

NODE = {"NODE_PATH": str(NODE_MODULES)}
sfeed = _each_time(("sh", "-c", "sfeed | cut -f 2"))
ruby = _each_time(("ruby", "-rrss", "-e", _RUBY))
perl = _each_time(("perl", "-MXML::Feed", "-e", _PERL))
rss_parser = _each_time(("node", "-e", _RSS_PARSER), **NODE)
feedsmith = _each_time(("node", "-e", _FEEDSMITH), **NODE)

KEEPERS: Mapping[str, Subscribe] = {"newsboat": newsboat, "reader": reader, "feedparser": parsing}
MAILERS: Mapping[str, Subscribe] = {"rss2email": rss2email, "feed2exec": feed2exec}
PARSERS: Mapping[str, Subscribe] = {
    "sfeed": sfeed,
    "ruby": ruby,
    "perl": perl,
    "rss-parser": rss_parser,
    "feedsmith": feedsmith,
}
CLIENTS: Mapping[str, Subscribe] = {**KEEPERS, **MAILERS, **PARSERS}

# By the names of the marker `needs`.
PRESENT: Mapping[str, Callable[[], bool]] = {
    "newsboat": lambda: shutil.which("newsboat") is not None,
    "sfeed": lambda: shutil.which("sfeed") is not None,
    "rss2email": lambda: shutil.which("r2e") is not None,
    "feed2exec": lambda: shutil.which("feed2exec") is not None,
    "ruby": lambda: shutil.which("ruby") is not None,
    "perl": lambda: any(Path("/usr/share/perl5/XML").glob("Feed.pm")),
    "reader": PYTHON.exists,
    "feedparser": lambda: True,
    "rss-parser": lambda: _is_module("rss-parser"),
    "feedsmith": lambda: _is_module("feedsmith"),
}


def _is_module(name: str) -> bool:
    return shutil.which("node") is not None and (NODE_MODULES / name).is_dir()
