"""Public reports that came out wrong over several polls (`expected.txt` in each folder)."""

from pathlib import Path

import pytest

from tests.corpus import CASES
from tests.given import HOUR, NOON, source
from tests.line.line import Line

pytestmark = [pytest.mark.needs("cases"), pytest.mark.usefixtures("engine")]


def test_c36_addresses_signed_anew_are_no_correction(tmp_path: Path) -> None:
    office = source("office", feed="https://www.office.example/dir/feed.xml")
    with Line(tmp_path, office, now=NOON) as line:
        polls = [
            line.reads(office, (CASES / "c36" / f"{number}.xml").read_bytes(), NOON + number * HOUR)
            for number in range(1, 5)
        ]
        assert [(poll.new, poll.edited) for poll in polls] == [(polls[0].new, 0), (0, 0), (0, 0), (0, 0)]
        for each in line.items():
            assert line.storage.items.corrections(each.number) == ()
