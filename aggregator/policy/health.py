"""Health of a source, for its row on the status page, the totals and the metrics. Pure."""

from aggregator.model.poll import SourceState


def state_of(failures: int, *, has_succeeded: bool) -> SourceState:
    """Return the state of a source by its failures in a row; records of its polls may be past retention."""
    if failures:
        return SourceState.FAILING
    return SourceState.WORKING if has_succeeded else SourceState.WAITING
