"""An origin of offices, and a cluster that polls them: modules with other ones have fixtures of these names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.given import Cluster
from tests.cluster.offices import given_an_origin, given_offices_at
from tests.postgres import Server
from tests.server import HttpServer


@pytest.fixture
def origin() -> Iterator[HttpServer]:
    with given_an_origin() as serving:
        yield serving


@pytest.fixture
def cluster(postgres: Server, tmp_path: Path, origin: HttpServer) -> Cluster:
    return given_offices_at(postgres, tmp_path, origin)
