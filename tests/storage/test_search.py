"""The same queries find the same items on every engine."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from aggregator.model.stored import ItemQuery
from aggregator.storage import Storage
from tests.given import HOUR, NOON, entry
from tests.storage.given import given_origin

TEXTS = {
    "bridge": "The bridge over the Łódź canal is open again.",
    "vaccine": "COVID-19: die Ärzte impfen, 疫苗接种 beginnt am Montag.",
    "report": "Annual report of the press office, 12,500 pages; 'quoted' \\ and & | ! (signs).",
    "tokyo": "東京の観測所はがんばれと言う。",
    "seoul": "서울 관측소 보도 자료",
    "long": "Filler words. " * 3_000 + "zebra",
}
QUERIES = {
    "bridge": {"bridge"},
    "BRIDGE": {"bridge"},
    "lodz": {"bridge"},
    "Łódź canal": {"bridge"},
    "arzte": {"vaccine"},
    "covid-19": {"vaccine"},
    "19-covid": set(),
    '"press office"': {"report"},
    '"office press"': set(),
    "office press": {"report"},
    "obs*": set(),
    "impf*": {"vaccine"},
    "impf": set(),
    "疫苗": {"vaccine"},
    "接": {"vaccine"},
    "苗种": set(),
    "観測所": {"tokyo"},
    "所": {"tokyo"},
    "관측소": {"seoul"},
    "관측*": {"seoul"},
    "filler zebra": {"long"},
    "OR": set(),
    "& | !": set(),
    "'quoted'": {"report"},
    "12,500": {"report"},
}


@pytest.fixture
def filled(storage: Storage) -> Storage:
    origin = given_origin(storage)
    entries = [entry(name, name, body=f"<p>{text}</p>") for name, text in TEXTS.items()]
    origin.says(*entries, now=NOON + HOUR)
    return storage


def test_a_query_finds_words_phrases_prefixes_and_unspaced_scripts(filled: Storage) -> None:
    found = {
        text: {stored.item.title for stored in filled.items.items(ItemQuery(search=text))} for text in QUERIES
    }
    assert found == QUERIES


def test_searches_of_several_processes_at_once_index_each_item_once(opened: Callable[[], Storage]) -> None:
    here = [opened() for _ in range(4)]
    origin = given_origin(here[0])
    origin.says(
        *(entry(f"Vaccine {n}", f"{n}", body=f"<p>Words {n} of the ministry.</p>") for n in range(40))
    )
    at_once = Barrier(len(here))

    def search(storage: Storage) -> int:
        at_once.wait()
        return len(storage.items.items(ItemQuery(search="vaccine", limit=100)))

    with ThreadPoolExecutor(len(here)) as threads:
        assert list(threads.map(search, here)) == [40] * len(here)
