"""Decisions of operators and requests to them: `audit` and `notices`."""

import csv
import json
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.cli.test_verbs import STORM
from tests.running import Site

ASKED = "Jane Doe, solicitor <jane@example.org>"


def journal(command: Command) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command("audit", "--json").out)
    return found


def test_every_decision_is_listed_with_who_when_and_why(polled: Command, here: Site) -> None:
    polled("hold", STORM, "--reason", "look first", "--until", "2099-01-31T09:00")
    polled("release", STORM, "--version", "1", "--now", "--reason", "looked")
    polled("amend", STORM, "--headline", "Gale")
    polled("withdraw", STORM, "--reason", "asked to")
    acts = journal(polled)
    assert [(each["decision"], each["reason"]) for each in acts] == [
        ("hold", "look first"),
        ("release", "looked"),
        ("amend", ""),
        ("withdraw", "asked to"),
    ]
    assert {(each["source"], each["title"]) for each in acts} == {("harbour", "Gale")}
    assert (acts[0]["until"], acts[1]["version"]) == ("2099-01-31T09:00:00+00:00", 1)
    assert acts[0]["at"] and acts[0]["by"]
    (here.directory / "sources.yaml").write_text(
        (here.directory / "sources.yaml").read_text().partition("sources:")[0]
    )
    polled("forget", "harbour", "--yes")
    assert (journal(polled)[-1]["decision"], journal(polled)[-1]["source"]) == ("forget", "harbour")
    assert [each["title"] for each in journal(polled)] == [""] * 5


def test_decisions_are_listed_from_a_time_on_and_as_csv(polled: Command) -> None:
    polled("withdraw", STORM, "--reason", "=HYPERLINK(1)")
    assert json.loads(polled("audit", "--since", "2099-01-01", "--json").out) == []
    rows = list(csv.DictReader(polled("audit", "--since", "2020-01-01", "--csv").out.splitlines()))
    assert [(row["decision"], row["reason"], row["version"]) for row in rows] == [
        ("withdraw", "'=HYPERLINK(1)", "")
    ]
    table = polled("audit").out
    assert ("withdraw" in table, "=HYPERLINK(1)" in table) == (True, True)
    assert "--since 'soon' is no time" in polled("audit", "--since", "soon").err


@pytest.mark.parametrize(
    ("reason", "cell"),
    [
        ("gone;=1+1;", "gone;'=1+1;"),  # where the comma is the decimal sign, a semicolon parts cells
        ("gone; @SUM(A1)", "gone;' @SUM(A1)"),
        ("\t-1", "' -1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("a-b; c=d", "a-b; c=d"),
    ],
)
def test_no_part_of_a_csv_cell_is_a_formula(polled: Command, reason: str, cell: str) -> None:
    polled("withdraw", STORM, "--reason", reason)
    (row,) = csv.DictReader(polled("audit", "--csv").out.splitlines())
    assert row["reason"] == cell


@pytest.mark.parametrize(("verb", "decision"), [("withdraw", "withdrawn"), ("erase", "erased")])
def test_a_notice_is_recorded_with_its_decision_and_statement(
    polled: Command, verb: str, decision: str
) -> None:
    said = polled(
        verb, STORM, "--reason", "defamation", "--notice", ASKED, "--received", "2026-01-02T10:00",
        "--statement", "Paragraph 2 names a person.",
    )  # fmt: skip
    assert said.code == 0
    (notice,) = json.loads(polled("notices", "--json").out)
    assert notice["decided"] > notice["received"] == "2026-01-02T10:00:00+00:00"
    del notice["decided"], notice["by"], notice["received"]
    assert notice == {
        "decision": decision,
        "name": "Jane Doe, solicitor",
        "address": "jane@example.org",
        "item": said.out.split()[0],
        "source": "harbour",
        "reason": "defamation",
        "statement": "Paragraph 2 names a person.",
    }
    (row,) = csv.DictReader(polled("notices", "--csv").out.splitlines())
    assert (row["name"], row["decision"]) == ("Jane Doe, solicitor", decision)
    assert ASKED in polled("notices").out


def test_a_notice_without_a_statement_has_the_reason(polled: Command) -> None:
    polled("withdraw", STORM, "--reason", "defamation", "--notice", ASKED)
    polled("reinstate", STORM, "--reason", "it was not")
    (notice,) = json.loads(polled("notices", "--json").out)
    assert notice["statement"] == "defamation"
    assert len(journal(polled)) == 2


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (("--notice", "Jane"), 'is not of the form "Jane Doe <jane@example.org>"'),
        (("--notice", ASKED, "--received", "2099-01-01"), "--received 2099-01-01 is ahead"),
        (("--notice", ASKED, "--received", "soon"), "--received 'soon' is no time"),
        (("--received", "2026-01-01"), "give --notice, too"),
    ],
)
def test_a_notice_of_another_form_is_refused(polled: Command, given: tuple[str, ...], complaint: str) -> None:
    said = polled("withdraw", STORM, "--reason", "a test", *given)
    assert (said.code, complaint in said.err) == (2, True)


def test_a_notice_outlives_a_restore(polled: Command, here: Site) -> None:
    backup = here.directory / "night.db"
    polled("backup", str(backup))
    polled("withdraw", STORM, "--reason", "defamation", "--notice", ASKED)
    polled("restore", str(backup))
    assert len(json.loads(polled("notices", "--json").out)) == 1
