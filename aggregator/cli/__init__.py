"""Command line: arguments become one call; an expected error becomes one line on stderr and an exit code.

Exit codes: 0 success, 1 failure that was reported, 2 mistake in the arguments or in sources.yaml, 130 SIGINT.
Modules of ours are imported when a command runs, so that SIGINT meanwhile leaves no traceback either.
"""

import atexit
import gc
import os
import signal
import sys
from typing import NoReturn

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
GC_THRESHOLD = 50_000  # new objects between two collections: the modules that a command loads are no garbage


def main() -> NoReturn:
    """Run the command in sys.argv and exit with its code."""
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    code = run(sys.argv[1:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Interpreter exit joins the resolver's threads: with a DNS server that does not answer, `poll` ended 8 s
    # later. multiprocessing removes its temporary directory by atexit, which has no public way to run.
    atexit._run_exitfuncs()
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    for argument in arguments:
        if not argument.isascii() and argument.encode(errors="ignore").decode() != argument:
            print(f"publicwire: the argument {argument!a} is not UTF-8", file=sys.stderr)
            return 2
    try:
        code = _run(arguments)
    except KeyboardInterrupt:  # while modules are loaded; a command's own is INTERRUPTED
        code = INTERRUPTED
    if code == INTERRUPTED:
        print("publicwire: interrupted", file=sys.stderr)
    return code


def _run(arguments: list[str]) -> int:
    from click import Abort, ClickException
    from click.exceptions import NoArgsIsHelpError

    from aggregator.cli.app import app
    from aggregator.cli.output import complain
    from aggregator.errors import ConfigError, PublicwireError, UsageError

    try:
        code = app.main(arguments, prog_name="publicwire", standalone_mode=False)
    except SystemExit:  # raised by click when stdout is a closed pipe, and after completion in a shell
        return 0
    except Abort:
        return INTERRUPTED
    except NoArgsIsHelpError as error:
        error.show()
        return 2
    except ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "publicwire"
        complain(f"{error.format_message()} (see {command} --help)")
        return 2
    except (PublicwireError, OSError) as error:
        for problem in error.problems if isinstance(error, ConfigError) else (error,):
            complain(_sentence(problem))
        return 2 if isinstance(error, ConfigError | UsageError) else 1
    return _flushed(code if isinstance(code, int) else 0)


def _sentence(problem: object) -> str:
    """Return an error as a sentence with its cure."""
    from aggregator.cli import network
    from aggregator.errors import Cause, FetchError, refusal

    if isinstance(problem, OSError):
        return refusal(problem)
    is_away = isinstance(problem, FetchError) and problem.cause is Cause.NETWORK
    return f"{problem}; {network.CURE}" if is_away else str(problem)


def _flushed(code: int) -> int:
    """Flush stdout and return the code, or 1 if that fails; a closed pipe (`| head`) is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"publicwire: cannot write to stdout: {error.strerror}", file=sys.stderr)
        return 1
    return code
