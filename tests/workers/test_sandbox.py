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
from aggregator.workers.sandbox import _CALLS, Confinement, filter_program
from tests.events import capture_logs
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
service, higher = {os.getpid()}, (ctypes.c_ulong * 2)(1 << 40, 1 << 40)
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
    "own limits": lambda: call("prlimit64", 0, resource.RLIMIT_CPU, higher, None),
    "own memory": lambda: call("setrlimit", resource.RLIMIT_AS, higher),
}})
""")
    names = ("signal", "SIGIO", "trace", "memory", "limits", "priority", "affinity", "catch SIGXCPU")
    assert found == refused((*names, "own limits", "own memory"))


def test_a_worker_has_no_other_descriptors_than_the_standard_streams_and_its_pipes() -> None:
    found = reported("""
def is_open(descriptor):
    try:
        os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError as error:  # a pipe has no position
        return error.errno != errno.EBADF
    return True

found = json.dumps([each for each in range(4096) if is_open(each)])
answer(encode(ParseError(found, cause=Cause.NOT_A_FEED)))
""")
    assert isinstance(found, list)
    assert found[:3] == [0, 1, 2]
    assert len(found) == 5, "of the jobs, and of the life of the service"


def ran(program: str) -> list[str]:
    """Return the lines that a program prints in a process of its own."""
    environment = {**UNMEASURED, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


@pytest.mark.needs("landlock")
@pytest.mark.needs("seccomp")
def test_a_worker_reports_that_it_is_confined() -> None:
    async def run() -> Confinement | None:
        workers = WorkerPool(1)
        assert workers.confinement is None
        try:
            with pytest.raises(ParseError):
                await workers.run(runs(REPORT + "report({})"))
            return workers.confinement
        finally:
            await workers.close()

    with capture_logs() as seen:
        assert asyncio.run(run()) == Confinement("", "")
    said = [each["event"] for each in seen if each["log_level"] == "info"]
    assert said == ["workers are confined by Landlock and seccomp"]


def test_what_does_not_confine_a_worker_is_named_with_its_reason() -> None:
    assert [Confinement(*reasons).words for reasons in (("", ""), ("gone", ""), ("gone", "refused"))] == [
        "workers are confined by Landlock and seccomp",
        "workers are confined by seccomp; not confined by Landlock: gone",
        "workers are not confined by Landlock: gone; not confined by seccomp: refused",
    ]
    assert not Confinement("", "refused").is_whole


@pytest.mark.needs("landlock")
def test_landlock_alone_lets_a_process_open_no_file_and_connect_nowhere(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("the store")
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = f"""
import socket
from aggregator.workers.sandbox import confine, landlock_abi
print(confine("a machine without a filter"))
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
        without = "its filter has no numbers for a machine without a filter"
        assert ran(program) == [str(Confinement("", without))]


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


ALLOWED = {
    *("brk", "clock_gettime", "clock_nanosleep", "close", "exit", "exit_group", "fstat", "futex", "getpid"),
    *(
        "getrandom",
        "getrusage",
        "gettid",
        "gettimeofday",
        "lseek",
        "madvise",
        "membarrier",
        "mmap",
        "mprotect",
    ),
    *("mremap", "munmap", "poll", "ppoll", "read", "readv", "restart_syscall", "rt_sigreturn", "sched_yield"),
    *("write", "writev"),
}


def test_the_list_of_allowed_calls_is_this_one() -> None:
    """Another call needs a reason: what can a worker that was taken over do with it?"""
    assert set(_CALLS) == ALLOWED


# By asm/unistd_64.h and asm-generic/unistd.h: kill, tkill, tgkill, execve, execveat, openat, socket, connect,
# ptrace, prlimit64, setrlimit, clone, rt_sigaction, rt_sigprocmask, fcntl, ioctl, io_uring_setup.
NEVER = {
    "x86_64": {62, 200, 234, 59, 322, 2, 257, 41, 42, 101, 302, 160, 56, 13, 14, 72, 16, 425},
    "aarch64": {129, 130, 131, 221, 281, 56, 198, 203, 117, 261, 164, 220, 134, 135, 25, 29, 425},
}
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h


@pytest.mark.parametrize("machine", NEVER)
def test_the_filter_allows_its_list_and_no_other_call_on_either_architecture(machine: str) -> None:
    instructions = list(struct.iter_unpack("=HBBI", filter_program(machine)))

    def judged(number: int, on: int = AUDIT_ARCH[machine]) -> int:
        data, value, at = {0: number, 4: on}, 0, 0
        while True:
            code, if_equal, if_not, operand = instructions[at]
            at += 1
            if code == 0x20:
                value = data[operand]
            elif code == 0x15:
                at += if_equal if value == operand else if_not
            else:
                assert code == 0x06
                return int(operand >> 16)

    allow, fail = 0x7FFF, 0x0005
    column = list(AUDIT_ARCH).index(machine)
    listed = {number for call in _CALLS.values() if (number := call[column]) is not None}
    assert {number for number in range(600) if judged(number) == allow} == listed
    assert not listed & NEVER[machine]
    others = {*AUDIT_ARCH.values(), 0x40000003, AUDIT_ARCH[machine] ^ 1} - {AUDIT_ARCH[machine]}
    assert {judged(number, on=other) for number in range(600) for other in others} == {fail}
    assert {judged(number | 1 << 30) for number in range(600)} == {fail}, "the x32 ABI of x86-64"
