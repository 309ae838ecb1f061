"""Jobs that take their worker over, as a document that exploits a parser would."""

from typing import Any, cast

from aggregator.model.document import ReadJob
from aggregator.model.settings import Source


def runs(code: str) -> ReadJob:
    """Return a job that runs Python code in its worker, where `answer(data)` sends bytes as its answer and waits.

    A confined worker cannot import modules of the tests, so code travels as text.
    """
    return cast("ReadJob", _Runs(code))


class _Runs:
    source = Source(id="one", feed="https://one.example/feed")

    def __init__(self, code: str) -> None:
        self.code = _ANSWER + code

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (self.code, {})


_ANSWER = """
import sys, threading

def answer(data):
    frame = sys._getframe()
    while "pipe" not in frame.f_locals:
        frame = frame.f_back
    frame.f_locals["pipe"].send_bytes(data)
    threading.Event().wait()

"""
