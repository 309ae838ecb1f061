"""The exception of the modules below `client`, which know the reason of a failure but not its URL."""

from aggregator.errors import Cause


class Rejected(Exception):
    """A request is not sent, or its response not taken. The message follows a URL: "is refused: …".

    `cause` and `retry_after` as in FetchError.
    """

    def __init__(self, message: str, *, cause: Cause, retry_after: str = "") -> None:
        super().__init__(message)
        self.cause = cause
        self.retry_after = retry_after
