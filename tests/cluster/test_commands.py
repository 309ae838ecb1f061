"""Commands in a cluster go by the version in force; a file of the machine they run on is not needed."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cluster.given import Cluster, given_a_cluster
from tests.postgres import Server
from tests.running import COMMAND, feed, free_port, item
from tests.server import answer, http_server_in_thread

pytestmark = [pytest.mark.needs("postgres"), pytest.mark.one_engine("a cluster needs PostgreSQL")]


@pytest.fixture
def cluster(postgres: Server, tmp_path: Path) -> Cluster:
    return given_a_cluster(tmp_path, postgres.schema(f"commands_{abs(hash(tmp_path))}"))


def given_a_user(cluster: Cluster, name: str) -> str:
    """Write a user into sources.yaml; returns what the command says."""
    done = subprocess.run(
        [*COMMAND, "user", "add", name],
        cwd=cluster.directory,
        env=cluster.variables,
        input="a long enough phrase\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


@pytest.mark.parametrize("is_left", [False, True])
def test_commands_need_no_file_once_a_version_is_in_force(cluster: Cluster, *, is_left: bool) -> None:
    """Nor does one that is left there count, with its mistakes."""
    file = cluster.directory / "sources.yaml"
    with http_server_in_thread() as origin:
        origin.answers["/0"] = answer(body=feed(item("0", "Release 0")))
        cluster.sources({"s0": origin.url("/0")})
        given_a_user(cluster, "Ana")
        cluster.apply()
        file.unlink()
        if is_left:
            file.write_text("sources: [{feed: of nothing}]\n")
        said = {
            each: cluster.run(*each.split())
            for each in ("poll s0", "poll", "items", "sources", "user list", "export-opml", "export site")
        }
        assert {each: (done.returncode, done.stderr) for each, done in said.items()} == dict.fromkeys(
            said, (0, "")
        )
        assert origin.url("/0") in said["export-opml"].stdout
    assert "Ana" in said["user list"].stdout
    assert "Release 0" in (cluster.directory / "site" / "feed.atom").read_text()
    refused = cluster.run("poll", "s1")
    assert (refused.returncode, refused.stderr) == (
        2,
        "publicwire: there is no source called 's1' in version 1 of the configuration\n",
    )


def test_a_url_that_is_none_is_one_sentence(cluster: Cluster) -> None:
    wrong = replace(cluster, database="mysql://db.example/publicwire")
    for command in ("items", "poll", "apply", "work"):
        done = wrong.run(*command.split())
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "must be the URL of a PostgreSQL database" in done.stderr


def test_before_the_first_version_a_command_needs_the_file(cluster: Cluster) -> None:
    done = cluster.run("poll")
    assert (done.returncode, "sources.yaml:1:1: does not exist" in done.stderr) == (2, True)


def test_an_edit_of_the_file_is_said_to_need_apply_in_a_cluster_alone(cluster: Cluster) -> None:
    cluster.sources({})
    assert given_a_user(cluster, "Ana").endswith("; a running service reloads it within seconds\n")
    cluster.apply()
    assert given_a_user(cluster, "Jo").endswith(
        "; `publicwire apply` puts it into force on the nodes of the cluster\n"
    )


def test_the_version_in_force_is_shown_with_its_number(cluster: Cluster) -> None:
    cluster.sources({})
    cluster.apply()
    shown = cluster.run("apply", "--show")
    assert shown.stdout == (cluster.directory / "sources.yaml").read_text()
    assert shown.stderr.startswith("publicwire: version 1, applied ")


@pytest.mark.parametrize(("host", "is_warned"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_a_public_web_node_warns_of_links_that_lead_to_its_own_machine(
    cluster: Cluster, host: str, *, is_warned: bool
) -> None:
    cluster.sources({})
    cluster.apply()
    with cluster.node("web", "web", "--listen", f"{host}:{free_port()}") as web:
        assert ("which other machines cannot open" in web.log.read_text()) == is_warned


def test_commands_that_edit_the_file_say_how_to_write_it(cluster: Cluster) -> None:
    cluster.sources({})
    cluster.apply()
    (cluster.directory / "sources.yaml").unlink()
    for command in ("check", "apply", "user add Ana", "add https://harbour.example/"):
        refused = cluster.run(*command.split())
        assert (refused.returncode, refused.stderr) == (
            2,
            "publicwire: sources.yaml does not exist: "
            "`publicwire apply --show > sources.yaml` writes the version in force\n",
        )
