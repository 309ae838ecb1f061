"""Examples of commands, in their help and in the manual page."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

Example = tuple[str, str]  # command line, and what it is for

OF_ALL: Sequence[Example] = (
    ("publicwire init press && cd press", "begin, with a sample feed"),
    ("publicwire add https://example.org/press --topic health", ""),
    ("publicwire poll example-org", "poll one source now"),
    ("publicwire items --search budget", "find a release"),
    ('publicwire withdraw ITEM --reason "asked by the organisation"', ""),
)

COMPLETION: Sequence[Example] = (
    ('eval "$(_PUBLICWIRE_COMPLETE=bash_source publicwire)"', "in ~/.bashrc"),
    ('eval "$(_PUBLICWIRE_COMPLETE=zsh_source publicwire)"', "in ~/.zshrc"),
    ("_PUBLICWIRE_COMPLETE=fish_source publicwire | source", "in config.fish"),
)

OF_COMMANDS: Mapping[str, Sequence[Example]] = MappingProxyType(
    {
        "init": (
            ("publicwire init", "in the current directory"),
            ("publicwire init press && cd press", "in a new one"),
        ),
        "poll": (
            ("publicwire poll", "all sources"),
            ("publicwire poll coast-guard harbour", "two of them, whenever they are due"),
            ("publicwire poll --json", "for scripts"),
        ),
        "check": (
            ("publicwire check", "sources.yaml alone"),
            ("publicwire check --live", "and fetch every source"),
            ("publicwire check https://example.org/feed.xml", "is that feed read well?"),
        ),
        "add": (
            ("publicwire add https://www.example.org/press", "find the feed of a page"),
            ("publicwire add https://example.org/feed.xml --topic sea --topic health --yes", ""),
        ),
        "items": (
            ("publicwire items --search 'harb*'", "words that begin so"),
            ("publicwire items --search '\"storm warning\"'", "a phrase"),
            ("publicwire items --source coast-guard --state held", "held ones of a source"),
        ),
        "withdraw": (
            ('publicwire withdraw ITEM --reason "asked by the organisation"', ""),
            ('publicwire withdraw https://example.org/a --story --reason "names a patient"', ""),
        ),
        "export": (
            ("publicwire export site", "all files; the next time those that have changed"),
            ("publicwire --config press/sources.yaml export /srv/www", ""),
        ),
        "import-opml": (
            ("publicwire import-opml feeds.opml", "preview, then ask"),
            ("publicwire import-opml feeds.opml --rights full --yes", ""),
        ),
        "user add": (
            ("publicwire user add ada --role admin", "asks for a password"),
            ("publicwire user add ben <password.txt", "takes it from a file"),
        ),
    }
)


def epilog(examples: Sequence[Example], title: str = "Examples") -> str | None:
    """Return the end of a help text, whose lines click leaves as they are (`\\b`); None without examples."""
    width = max((len(line) for line, purpose in examples if purpose), default=0)
    lines = [f"  {line:<{width}}  {purpose}".rstrip() for line, purpose in examples]
    return "\n".join(("\b", f"{title}:", *lines)) + "\n" if lines else None


def of(name: str) -> str | None:
    """Return the end of the help of a command, None if it has no examples."""
    return epilog(OF_COMMANDS.get(name, ()))
