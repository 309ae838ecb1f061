"""Confinement of a worker by the kernel: Landlock (no files, no TCP) and seccomp (an allow-list of calls).

Both are irrevocable and bind native code too. Descriptors that are open stay usable: the pipe of the jobs. A
kernel without one of them leaves the other; system calls outside the list fail with EPERM.
"""

import ctypes
import errno
import os
import platform
import struct

from msgspec import Struct

_libc = ctypes.CDLL(None, use_errno=True)

_PR_GET_SECCOMP, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 21, 22, 38
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446  # on every architecture
_LANDLOCK_VERSION = 1  # flag: return the ABI

# linux/landlock.h: rights a ruleset without rules takes away, by the ABI that introduced them.
_FILE_RIGHTS = ((1, 0x1FFF), (2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
_NETWORK_RIGHTS = ((4, 0b11),)  # bind and connect TCP
_SCOPES = ((6, 0b11),)  # abstract Unix sockets and signals outside

# System calls of CPython, lxml, nh3, selectolax and glibc's allocator once all modules are loaded. None takes
# a path, an address, another process or a limit of this one; without sigaction and sigprocmask the limits on
# CPU time and on life (SIGXCPU, SIGIO) cannot be caught. Numbers: x86-64, and the generic table of aarch64.
_CALLS = {
    "brk": (12, 214),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "close": (3, 57),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "fstat": (5, 80),
    "futex": (202, 98),
    "getpid": (39, 172),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "gettimeofday": (96, 169),
    "lseek": (8, 62),
    "madvise": (28, 233),
    "membarrier": (324, 283),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "munmap": (11, 215),
    "poll": (7, None),
    "ppoll": (271, 73),
    "read": (0, 63),
    "readv": (19, 65),
    "restart_syscall": (219, 128),
    "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124),
    "write": (1, 64),
    "writev": (20, 66),
}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH

NOT_THERE = "this kernel does not have it"

# linux/filter.h and linux/seccomp.h
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in seccomp_data, little-endian
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000 | errno.EPERM


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def landlock_abi() -> int:
    """Return the version of Landlock in this kernel, 0 without it."""
    version = _libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), _LANDLOCK_VERSION)
    return max(int(version), 0)


def has_seccomp(machine: str) -> bool:
    """Return whether this kernel filters system calls and the numbers of this architecture are known."""
    return machine in _ARCHITECTURES and _libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


class Confinement(Struct, frozen=True):
    """Mechanisms that confine a worker: of each the reason why it does not apply, "" when it applies."""

    landlock: str
    seccomp: str

    @property
    def is_whole(self) -> bool:
        """Return whether both mechanisms apply."""
        return not self.landlock and not self.seccomp

    @property
    def words(self) -> str:
        """Return a sentence for people."""
        found = {"Landlock": self.landlock, "seccomp": self.seccomp}
        by = " and ".join(name for name, reason in found.items() if not reason)
        lacking = "; ".join(f"not confined by {name}: {reason}" for name, reason in found.items() if reason)
        return "workers are " + "; ".join(filter(None, (by and f"confined by {by}", lacking)))


def confine(machine: str = platform.machine()) -> Confinement:
    """Confine this process for good, as far as the kernel can. Every module it needs must be loaded."""
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0:
        reason = _error()
        return Confinement(reason, reason)
    return Confinement(_restrict_files(landlock_abi()), _filter_calls(machine))


def _restrict_files(abi: int) -> str:
    """Apply Landlock; return why it could not be, "" when it was."""
    if not abi:
        return NOT_THERE
    handled, network, scopes = (
        sum(bits for since, bits in rights if abi >= since)
        for rights in (_FILE_RIGHTS, _NETWORK_RIGHTS, _SCOPES)
    )
    rules = _Ruleset(handled, network, scopes)
    ruleset = _libc.syscall(
        _LANDLOCK_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(ctypes.sizeof(rules)), 0
    )
    if ruleset < 0:
        return _error()
    reason = _error() if _libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) < 0 else ""
    os.close(ruleset)
    return reason


def _filter_calls(machine: str) -> str:
    """Apply seccomp; return why it could not be, "" when it was."""
    if not has_seccomp(machine):
        return NOT_THERE if machine in _ARCHITECTURES else f"its filter has no numbers for {machine}"
    program = filter_program(machine)
    bpf = ctypes.byref(_Program(len(program) // 8, program))
    return _error() if _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, bpf) < 0 else ""


def _error() -> str:
    return os.strerror(ctypes.get_errno())


def filter_program(machine: str) -> bytes:
    """Return the seccomp filter of an architecture in classic BPF, 8 bytes an instruction."""
    column, architecture = _ARCHITECTURES[machine]
    numbers = [number for call in _CALLS.values() if (number := call[column]) is not None]
    # Jumps count the instructions to skip. Behind the numbers: fail, allow.
    checks = [(_JUMP_IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    instructions = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _FAIL),
        (_LOAD, 0, 0, _NUMBER),
        *checks,
        (_RETURN, 0, 0, _FAIL),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
