"""Detection of undeclared languages, with the extra `languages` and without."""

import asyncio

import pytest
from msgspec.structs import replace

from aggregator.model.document import Fetched, ReadJob, ReadResult
from aggregator.model.item import LANGUAGE_DETECTED
from aggregator.model.settings import Rule, Source
from aggregator.service.jobs import read_job
from aggregator.workers.detection import DETECTED_CHARS_MAX, language
from aggregator.workers.job import work
from aggregator.workers.pool import WorkerPool
from tests.given import NOON, source

needs_detector = pytest.mark.needs("languages")

GERMAN = "Der Hafen öffnet am Montag um sechs Uhr für alle Schiffe, teilt die Behörde mit."


@needs_detector
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The harbour opens on Monday at six for all ships, the office says.", "en"),
        (GERMAN, "de"),
        ("Le port ouvre lundi à six heures pour tous les navires, annonce l'office.", "fr"),
        ("港湾局は月曜日の六時にすべての船舶のために港を開くと発表しました。", "ja"),
        ("הנמל ייפתח ביום שני בשש בבוקר לכל הספינות, כך הודיעה הרשות", "he"),
        ("12 34 56 78 90 12 34 56 78 90", ""),
        ("Hafen", ""),
        ("", ""),
        (GERMAN + "\ufffe", ""),
    ],
)
def test_a_language_is_told_from_a_text_that_is_long_enough(text: str, code: str) -> None:
    assert language(text) == code


@needs_detector
def test_only_the_beginning_of_a_long_text_counts() -> None:
    begin = (GERMAN + " ") * (DETECTED_CHARS_MAX // len(GERMAN) + 1)
    assert language(begin + "The harbour opens on Monday at six for all ships. " * 1_000) == "de"


def test_without_the_extra_no_language_is_detected() -> None:
    assert language(GERMAN, "no_such_detector") == ""


def job(*, language: str = "", of: Source | None = None) -> ReadJob:
    channel = f"<language>{language}</language>" if language else ""
    body = f"<rss version='2.0'><channel>{channel}<item><title>Hafen</title><description>{GERMAN}</description></item>"
    return read_job(
        Fetched("https://ministry.example/feed", 200, f"{body}</channel></rss>".encode()),
        of or source("ministry"),
        NOON,
        max_bytes=100_000,
    )


def told(of: ReadJob) -> list[tuple[str, bool]]:
    return [(item.language, LANGUAGE_DETECTED in item.flags) for item in work(of, lambda text: "de").items]


def test_an_undeclared_language_is_detected_and_marked() -> None:
    assert told(job()) == [("de", True)]
    assert [(item.language, item.flags) for item in work(job()).items] == [("", ())]


def test_a_declared_language_is_not_detected() -> None:
    assert told(job(language="fr")) == [("fr", False)]
    assert told(job(of=replace(source("ministry"), language="it"))) == [("it", False)]


def test_rules_see_the_detected_language() -> None:
    of = replace(source("ministry"), skip=(Rule("language", "de"),))
    assert (told(job(of=of)), work(job(of=of), lambda text: "de").skipped) == ([], 1)


@needs_detector
def test_a_confined_worker_detects_languages() -> None:
    async def scenario() -> ReadResult:
        pool = WorkerPool()
        try:
            return await pool.run(job())
        finally:
            await pool.close()

    (item,) = asyncio.run(scenario()).items
    assert (item.language, item.flags) == ("de", (LANGUAGE_DETECTED,))
