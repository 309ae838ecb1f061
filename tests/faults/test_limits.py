"""Documents that would cost seconds or gigabytes: real workers read each within limits or name the limit."""

import pytest
from msgspec.structs import replace

from aggregator.errors import PollError, WorkerError
from aggregator.model.document import ReadJob
from aggregator.model.settings import Rule
from aggregator.workers.pool import WorkerPool
from tests.workers.test_pool import item, job, rss, still_work, with_workers

LARGE = 9_000_000  # about what max_bytes lets through


def described(body: str) -> ReadJob:
    return job(
        rss(f"<item><guid>1</guid><title>t</title><description><![CDATA[{body}]]></description></item>")
    )


def titled(title: str, attribute: str = "") -> ReadJob:
    return job(rss(f"<item><guid>1</guid><title {attribute}>{title}</title></item>"))


@pytest.mark.parametrize(
    ("costly", "refused"),
    [
        (job(rss("<item " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>")), "over 256 attributes"),
        (described("<div>" * 50_000), ""),
        (described("<a " + " ".join(f"a{n}" for n in range(200_000)) + ">"), ""),
        (job(rss("<!--" + "-a" * (LARGE // 2) + "-->" + item("t"))), ""),
        (titled("t", f'x="{"a" * LARGE}"'), ""),
        (titled("t" * LARGE), ""),
        (job(rss("<item/>" * (LARGE // 7))), ""),
        (job(b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * LARGE), "nested too deep"),
        (job(rss("<i>" * 50_000)), "nested over 256 deep"),
    ],
    ids=["attributes", "divs", "tag", "comment", "attribute", "title", "items", "json", "depth"],
)
def test_a_costly_document_is_read_or_refused_with_its_limit_named(costly: ReadJob, refused: str) -> None:
    async def act(workers: WorkerPool) -> None:
        said = ""
        try:
            await workers.run(costly)
        except PollError as error:
            said = f"{error.cause}: {error}"
        assert (said.startswith("limit: ") and refused in said) if refused else said == "", said
        assert workers.killed == 0
        await still_work(workers)

    # Linear costs are 3 s on a free core; quadratic ones would be hours.
    with_workers(act, seconds=120, cpu_seconds=60)


def test_an_operators_slow_pattern_costs_its_own_job() -> None:
    """Quadratic: half a million steps for each of as many characters."""

    async def act(workers: WorkerPool) -> None:
        slow = described("a" * 900_000)
        source = replace(slow.source, skip=(Rule("text", r"[^#]+###$"),))
        with pytest.raises(WorkerError, match="CPU time") as caught:
            await workers.run(replace(slow, source=source))
        assert caught.value.cause == "limit"
        await still_work(workers)

    with_workers(act, cpu_seconds=2)
