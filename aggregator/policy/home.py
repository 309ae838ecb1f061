"""Domains of a source, judged by the links of its items: only a source at home can lead stories about its own
releases. Pure."""

from collections import Counter
from collections.abc import Sequence

from aggregator.model.domains import host_of, is_within
from aggregator.model.item import Item
from aggregator.model.settings import Config, Source

HOSTS_PROPOSED_MAX = 3


def advice(config: Config, source: Source, items: Sequence[Item]) -> str:
    """Return the sentence about a source most of whose links lie outside its domains, with the `domains:` to
    write; "" for others, and for a feed that collects the releases of others.

    Domains of other sources are not proposed: a copy of their feed would lead their stories.
    """
    urls = [item.url for item in items if host_of(item.url)]
    away = [url for url in urls if not is_within(url, source.domains)]
    if source.from_entry or 2 * len(away) <= len(urls):
        return ""
    others = {domain for each in config.sources if each.feed != source.feed for domain in each.domains}
    hosts = Counter(host_of(url).removeprefix("www.") for url in away if not is_within(url, others))
    proposed = [host for host, _ in hosts.most_common(HOSTS_PROPOSED_MAX)]
    cure = f": if they are its own, write `domains: [{', '.join((*source.domains, *proposed))}]`"
    return (
        f"{len(away)} of {len(urls)} links lie outside the domains of {source.id} "
        f"({', '.join(source.domains)}), so that of a release that several "
        f"sources publish, another's is shown{cure if proposed else ''}"
    )
