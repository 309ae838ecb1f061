"""A worker that a document took over reaches no file, network, process, signal or secret."""

import asyncio
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from aggregator.errors import ParseError, WorkerError
from aggregator.workers.pool import WorkerPool
from aggregator.workers.preload import VARIABLES
from aggregator.workers.sandbox import filter_program
from tests.workers.given import runs

ROOT = Path(__file__).parents[2]
REPORT = """
import ctypes, errno, json, os, socket
from aggregator.errors import Cause, ParseError
from aggregator.workers.answers import encode

libc = ctypes.CDLL(None, use_errno=True)

def call(name, *arguments):
    ctypes.set_errno(0)
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")

def outcome(attempt):
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    return "done"

def report(attempts):
    said = {name: outcome(attempt) for name, attempt in attempts.items()}
    answer(encode(ParseError(json.dumps(said), cause=Cause.NOT_A_FEED)))
"""

# Coverage adds variables of its own, and cannot write where files are out of reach.
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}


def reported(code: str) -> object:
    """Return what code that runs in a worker reports."""

    async def run() -> str:
        workers = WorkerPool(2)
        try:
            await workers.run(runs(REPORT + code))
        except (ParseError, WorkerError) as error:
            return str(error)
        finally:
            await workers.close()
        raise AssertionError("the job was answered")

    return json.loads(asyncio.run(run()))


def refused(names: Iterable[str], *, error: str = "EPERM") -> dict[str, str]:
    return dict.fromkeys(names, error)


@pytest.mark.needs("landlock")
@pytest.mark.needs("seccomp")
def test_a_worker_that_was_taken_over_opens_no_file(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("the store")
    found = reported(f"""
path = {str(tmp_path / "store.db")!r}
report({{
    "read": lambda: os.open(path, os.O_RDONLY),
    "write": lambda: os.open(path, os.O_WRONLY),
    "create": lambda: os.open(path + ".new", os.O_CREAT | os.O_WRONLY),
    "list": lambda: os.listdir("/proc/self/fd"),
    "stat": lambda: os.stat(path),
    "delete": lambda: os.unlink(path),
    "rename": lambda: os.rename(path, path + ".old"),
    "link": lambda: os.symlink("/etc/passwd", path + ".link"),
    "chmod": lambda: os.chmod(path, 0o777),
    "environ": lambda: open("/proc/self/environ"),
}})
""")
    names = ("read", "write", "create", "list", "stat", "delete", "rename", "link", "chmod", "environ")
    assert found == refused(names)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("store.db", "the store")]


@pytest.mark.needs("seccomp")
def test_a_worker_that_was_taken_over_reaches_no_network_and_no_other_program() -> None:
    found = reported("""
report({
    "tcp": lambda: socket.socket(socket.AF_INET),
    "udp": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "exec": lambda: os.execve("/bin/true", ["true"], {}),
    "fork": lambda: os.fork(),
    "user namespace": lambda: call("unshare", 0x10000000),
})
""")
    assert found == refused(("tcp", "udp", "unix", "netlink", "exec", "fork", "user namespace"))


@pytest.mark.needs("seccomp")
def test_a_worker_that_was_taken_over_reaches_no_other_process() -> None:
    found = reported(f"""
import fcntl, resource
service = {os.getpid()}
pipe = {{}}
frame = sys._getframe()
while "pipe" not in frame.f_locals or not hasattr(frame.f_locals["pipe"], "fileno"):
    frame = frame.f_back
pipe = frame.f_locals["pipe"]
report({{
    "signal": lambda: os.kill(service, 0),
    "SIGIO": lambda: fcntl.fcntl(pipe.fileno(), fcntl.F_SETOWN, service),
    "trace": lambda: call("ptrace", 16, service, 0, 0),
    "memory": lambda: call("process_vm_readv", service, None, 0, None, 0, 0),
    "limits": lambda: resource.prlimit(service, resource.RLIMIT_NOFILE, (1, 1)),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, service, 19),
    "affinity": lambda: os.sched_setaffinity(service, [0]),
    "catch SIGXCPU": lambda: call("sigaction", 24, ctypes.create_string_buffer(200), None),
    "own CPU limit": lambda: resource.prlimit(0, resource.RLIMIT_CPU),
}})
""")
    names = ("signal", "SIGIO", "trace", "memory", "limits", "priority", "affinity", "catch SIGXCPU")
    assert found == {**refused(names), "own CPU limit": "done"}


@pytest.mark.needs("landlock")
def test_landlock_alone_lets_a_process_open_no_file_and_connect_nowhere(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("the store")
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"""
import socket
from aggregator.workers.sandbox import _restrict_files, _libc, landlock_abi
_libc.prctl(38, 1, 0, 0, 0)
_restrict_files(landlock_abi())
tcp = socket.socket()
attempts = [lambda: open({str(tmp_path / "store.db")!r}), lambda: open("/etc/passwd")]
if landlock_abi() >= 4:
    attempts.append(lambda: tcp.connect(("127.0.0.1", {server.getsockname()[1]})))
for attempt in attempts:
    try:
        attempt()
        print("done")
    except PermissionError:
        pass
tcp.close()
"""
        environment = {**UNMEASURED, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", program]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


PROGRAM = """
import json
from tests.workers.test_sandbox import reported

if __name__ == "__main__":
    print(json.dumps(reported('''
strings = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
native = [strings[at].decode().partition("=")[0] for at in range(10_000) if not any(
    strings[each] is None for each in range(at + 1))]
found = json.dumps([sorted(os.environ), sorted(native)])
answer(encode(ParseError(found, cause=Cause.NOT_A_FEED)))
''')))
"""


def test_a_worker_has_the_allowed_variables_of_the_environment_and_nothing_else(tmp_path: Path) -> None:
    environment = {**UNMEASURED, "PYTHONPATH": str(ROOT), "FEED_TOKEN": "hunter2", "TZ": "UTC"}
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    command = [sys.executable, str(path)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    python, native = json.loads(ended.stdout)
    assert set(python) <= VARIABLES
    assert set(native) <= VARIABLES
    assert {"PATH", "PYTHONPATH", "TZ"} <= set(python)


@pytest.mark.parametrize(("machine", "execve"), [("x86_64", 59), ("aarch64", 221)])
def test_the_filter_allows_its_list_and_no_other_call_on_either_architecture(
    machine: str, execve: int
) -> None:
    instructions = list(struct.iter_unpack("=HBBI", filter_program(machine)))
    architecture = instructions[1][3]

    def judged(number: int, pid: int = 0, on: int = architecture) -> int:
        data, value, at = {0: number, 4: on, 16: pid}, 0, 0
        while True:
            code, if_equal, _, operand = instructions[at]
            at += 1
            if code == 0x20:
                value = data[operand]
            elif code == 0x15:
                at += if_equal if value == operand else 0
            else:
                assert code == 0x06
                return int(operand >> 16)

    allow, fail = 0x7FFF, 0x0005
    listed = {number for _, _, _, number in instructions[4:-6]}
    prlimit = instructions[-6][3]
    assert {number for number in range(600) if judged(number) == allow} == listed | {prlimit}
    assert execve not in listed
    assert (judged(prlimit, pid=1), judged(prlimit | 1 << 30)) == (fail, fail)
    assert {judged(number, on=architecture ^ 1) for number in listed} == {fail}
