"""`show --provenance`: the documents that versions of an item were read from, and where its links lead."""

from collections.abc import Sequence

from aggregator.cli.items import find_item, version_of
from aggregator.cli.location import Location
from aggregator.cli.opening import config_of, opened
from aggregator.cli.output import say, say_json, when
from aggregator.model.provenance import Provenance
from aggregator.normalise import links


def show(where: Location, reference: str, *, version: int | None, as_json: bool) -> None:
    """Print the provenance of one item, or the links of the version of it that waits for approval."""
    with opened(where) as storage:
        config = config_of(where, storage)
        item = version_of(storage, find_item(storage, reference), version)
        versions = storage.items.provenance(item.number)
        source = config.source(item.source)
        home = () if source is None else (*source.domains, *source.links_to)
        on_page = links.of_body(item.page.content) if item.page else ()
        listed = tuple(dict.fromkeys((*links.of_item(item.item), *on_page)))
        foreign = links.foreign(listed, home) if home else ()
        if as_json:
            say_json(_json(item.id, versions, listed, foreign))
            return
        say(item.headline)
        for each in versions:
            _print_version(each)
        if not home:
            say(f"no domains of source {item.source} are configured: links are not judged")
        for link in listed:
            say(f"  {'foreign' if link in foreign else 'link':<13} {link}")


def _print_version(read: Provenance) -> None:
    if read.document is None:
        say(f"version {read.version}: stored before documents were recorded")
        return
    say(f"version {read.version}, read {when(read.at)}")
    say(f"  {'document':<13} {read.document.url}")
    say(f"  {'sha256':<13} {read.document.digest.hex()} (its first 16 bytes)")
    say(f"  {'read by':<13} {read.parser}")


def _json(
    name: str, versions: Sequence[Provenance], listed: Sequence[str], foreign: Sequence[str]
) -> dict[str, object]:
    return {
        "id": name,
        "versions": [
            {
                "version": each.version,
                "at": each.at,
                "url": each.document and each.document.url,
                "sha256": each.document and each.document.digest.hex(),
                "parser": each.parser,
            }
            for each in versions
        ],
        "links": [{"url": link, "foreign": link in foreign} for link in listed],
    }
