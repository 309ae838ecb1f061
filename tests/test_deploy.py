"""The files of deploy/: commands, options, variables, ports and probes in them are those of the program."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from aggregator.cli import nodes
from aggregator.cli.app import app
from aggregator.cli.commands import commands_of
from aggregator.model.settings import Address
from aggregator.web.admin import admin_app
from tests.web.newsroom import Client, access, newsroom

DEPLOY = Path(__file__).parent.parent / "deploy"
DOCS = DEPLOY.parent / "docs" / "cluster.md"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: Mapping[str, dict[str, Any]] = COMPOSE["services"]
KUBERNETES: Sequence[dict[str, Any]] = [
    each
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for each in yaml.safe_load_all(path.read_text())
]
COMMANDS = dict(commands_of(app))
LIBPQ = {each.envvar.decode() for each in psycopg.pq.Conninfo.get_defaults() if each.envvar}
FROM_ANYWHERE = "0.0.0.0"


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the program: its arguments, the variables it is given, what is mounted."""

    name: str
    arguments: Sequence[str]
    environment: Sequence[str]
    mounts: Sequence[str]

    def options(self) -> Mapping[str, Any]:
        """Return the options of its command as the program reads them; an unknown one is an error."""
        name, *arguments = self.arguments
        return COMMANDS[name].make_context(name, list(arguments)).params

    def variables(self) -> set[str]:
        """Return the variables that its command, or libpq, reads."""
        command = COMMANDS[self.arguments[0]]
        return LIBPQ | {each.envvar for each in command.params if isinstance(each.envvar, str)}

    def sides(self) -> Mapping[str, Address]:
        """Return the addresses that its command listens at, by option."""
        options = self.options()
        listen, admin = options.get("listen", "127.0.0.1:1"), options.get("admin", "127.0.0.1:1")
        settings = nodes.settings("postgresql://host/database", Path("/data"), listen, admin)
        both = {"listen": settings.listen, "admin": settings.admin}
        return {name: address for name, address in both.items() if name in options}

    def listens(self, port: int, *, on: str = FROM_ANYWHERE) -> bool:
        """Return whether it listens at a port, for callers from elsewhere unless `on` says otherwise."""
        return any(each.port == port and each.host in (on, FROM_ANYWHERE) for each in self.sides().values())


def of_compose() -> Iterator[Container]:
    for name, service in SERVICES.items():
        if service["image"] == "publicwire":
            mounts = [each.split(":")[1] for each in service["volumes"]]
            yield Container(name, service["command"], list(service["environment"]), mounts)


def of_kubernetes() -> Iterator[Container]:
    secrets = {
        each["metadata"]["name"]: each["stringData"] for each in KUBERNETES if each["kind"] == "Secret"
    }
    for pod in map(pod_of, workloads()):
        for each in pod["containers"]:
            given = [name for source in each["envFrom"] for name in secrets[source["secretRef"]["name"]]]
            yield Container(
                each["name"], each["args"], given, [mount["mountPath"] for mount in each["volumeMounts"]]
            )


def workloads(kind: str = "") -> list[dict[str, Any]]:
    return [each for each in KUBERNETES if each["kind"] in ((kind,) if kind else ("Deployment", "Job"))]


def pod_of(workload: Mapping[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = workload["spec"]["template"]["spec"]
    return pod


CONTAINERS = [
    pytest.param(each, id=f"{of}-{each.name}")
    for of, found in (("compose", of_compose()), ("kubernetes", of_kubernetes()))
    for each in found
]


def test_both_kinds_of_files_run_each_command_of_a_cluster() -> None:
    for containers in (of_compose(), of_kubernetes()):
        assert sorted(each.arguments[0] for each in containers) == ["apply", "migrate", "web", "work"]
    replicas = [each["spec"]["replicas"] for each in workloads("Deployment")]
    assert replicas == [SERVICES[name]["deploy"]["replicas"] for name in ("web", "work")] == [2, 2]


@pytest.mark.parametrize("container", CONTAINERS)
def test_arguments_and_variables_are_ones_that_the_program_reads(container: Container) -> None:
    options = container.options()
    assert set(container.environment) - container.variables() == set()
    assert "PUBLICWIRE_DATABASE" in container.environment
    written = [str(options[name]) for name in ("store", "config") if options.get(name)]
    assert all(path.startswith(tuple(container.mounts)) for path in written)


def test_databases_are_addresses_of_a_database() -> None:
    (secret,) = (each["stringData"] for each in KUBERNETES if each["kind"] == "Secret")
    for url in (SERVICES["work"]["environment"]["PUBLICWIRE_DATABASE"], secret["PUBLICWIRE_DATABASE"]):
        assert conninfo_to_dict(url)["user"] == conninfo_to_dict(url)["dbname"] == "publicwire"
        assert "password" not in conninfo_to_dict(url)
    assert conninfo_to_dict(SERVICES["work"]["environment"]["PUBLICWIRE_DATABASE"])["host"] in SERVICES


@pytest.mark.one_engine("paths are the same on both")
def test_probes_ask_what_answers(tmp_path: Path) -> None:
    room = newsroom(tmp_path)
    admin = Client(admin_app(room.storage, access(room), lambda: True), "http://localhost:8001")
    sides = {"admin": admin, "http": room.client}
    probes = 0
    for workload in workloads("Deployment"):
        (container,) = pod_of(workload)["containers"]
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        (read,) = (each for each in of_kubernetes() if each.name == container["name"])
        for name, port in ports.items():
            assert read.listens(port)
            assert read.sides()["listen" if name == "http" else "admin"].port == port
        for probe in (container["startupProbe"]["httpGet"], container["readinessProbe"]["httpGet"]):
            assert sides[probe["port"]].get(probe["path"]).status_code == 200
            assert probe["port"] in ports
            probes += 1
    assert probes == 4
    room.storage.close()


def health_checks() -> Iterator[tuple[str, str]]:
    for name in ("work", "web"):
        yield name, SERVICES[name]["healthcheck"]["test"][-1]
    yield "image", (DEPLOY / "Dockerfile").read_text().partition("HEALTHCHECK")[2]


@pytest.mark.parametrize(("name", "script"), [pytest.param(*each, id=each[0]) for each in health_checks()])
def test_health_checks_ask_the_admin_side_of_their_own_container(name: str, script: str) -> None:
    asked = re.search(r"urlopen\('http://127\.0\.0\.1:(\d+)/(\w+)'", script)
    assert asked is not None
    assert asked[2] == "readyz"
    if name == "image":
        assert asked[1] == "8001"
    else:
        (container,) = (each for each in of_compose() if each.name == name)
        assert container.listens(int(asked[1]), on="127.0.0.1")
    program = script if name != "image" else re.search(r'"(import .*)"\]', script)[1]  # type: ignore[index]
    compile(program, name, "exec")


def test_proxies_of_compose_lead_to_ports_that_listen() -> None:
    containers = {each.name: each for each in of_compose()}
    proxies = [each["command"] for each in SERVICES.values() if each["image"].startswith("caddy")]
    ends = [re.fullmatch(r"(\w+):(\d+)", command[command.index("--to") + 1]) for command in proxies]
    assert [(end[1], containers[end[1]].listens(int(end[2]))) for end in ends if end] == [("web", True)] * 2
    for service in SERVICES.values():
        assert set(service.get("depends_on", ())) <= set(SERVICES)
        named = {each.split(":")[0] for each in service.get("volumes", ())}
        assert {each for each in named if "/" not in each} <= set(COMPOSE["volumes"])
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_parts_of_kubernetes_name_parts_that_exist() -> None:
    (service,) = (each for each in KUBERNETES if each["kind"] == "Service")
    labelled = [
        each
        for each in workloads("Deployment")
        if each["spec"]["template"]["metadata"]["labels"] == service["spec"]["selector"]
    ]
    assert [each["metadata"]["name"] for each in labelled] == ["publicwire-web"]
    ports = {each["name"] for each in pod_of(labelled[0])["containers"][0]["ports"]}
    assert {each["targetPort"] for each in service["spec"]["ports"]} <= ports
    for workload in workloads():
        (container,) = pod_of(workload)["containers"]
        assert {each["name"] for each in container["volumeMounts"]} == {
            each["name"] for each in pod_of(workload)["volumes"]
        }
        if workload["kind"] == "Deployment":
            assert (
                workload["spec"]["selector"]["matchLabels"]
                == workload["spec"]["template"]["metadata"]["labels"]
            )


def test_variables_of_the_way_past_a_pooler_are_those_of_every_node() -> None:
    block = re.search(r"(?m)(?:^    PUBLICWIRE_\w+=\S+\n)+", DOCS.read_text().partition("## PgBouncer")[2])
    assert block is not None
    given = dict(line.strip().split("=", 1) for line in block[0].splitlines())
    for container in of_compose():
        if container.name in ("work", "web", "migrate"):
            assert set(given) <= container.variables()
    pooled, direct = map(conninfo_to_dict, given.values())
    assert (pooled["dbname"], pooled["user"]) == (direct["dbname"], direct["user"])
    assert (pooled["host"], pooled["port"]) != (direct["host"], direct["port"])


def test_each_command_in_comments_and_docs_is_one() -> None:
    text = DOCS.read_text() + (DEPLOY / "README.md").read_text()
    found = re.findall(r"(?m)^    (?:\S+/)?publicwire (.+?)(?: +[&>#].*)?$", text)
    assert len(found) >= 4
    for line in found:
        name, *arguments = shlex.split(re.sub(r"^--config \S+ ", "", line).replace(" N", " 1"))
        COMMANDS[name].make_context(name, arguments)
