"""The command line: arguments → one call; errors → one line on stderr and an exit code.

0 fine · 1 something failed and was reported · 2 the user's input is wrong. Holds no behaviour of its own.
"""

import atexit
import gc
import os
import sys
from typing import NoReturn

from typer.exceptions import Abort, Exit, TyperException

from aggregator.cli.app import app
from aggregator.cli.output import complain
from aggregator.errors import ConfigError, PublicwireError, UsageError

FEW_LOOKS = 50_000  # new objects between two looks for garbage: what a command loads is none


def main() -> NoReturn:
    """Run the command in sys.argv and exit."""
    gc.set_threshold(FEW_LOOKS, 20, 20)
    code = run(sys.argv[1:])
    # All is flushed and closed. Taking everything apart takes 40 ms, and would wait for threads that look for
    # names of hosts that nobody knows.
    atexit._run_exitfuncs()
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    try:
        code = app(arguments, prog_name="publicwire", standalone_mode=False)
    except Exit as stop:
        code = stop.exit_code
    except SystemExit:  # typer and rich leave so when whoever read our output has left
        return 0
    except (Abort, KeyboardInterrupt):
        complain("interrupted")
        return 1
    except TyperException as error:
        complain(f"{error.format_message()} (see publicwire --help)")
        return 2
    except ConfigError as error:
        for problem in error.problems:
            complain(str(problem))
        return 2
    except UsageError as error:
        complain(str(error))
        return 2
    except (PublicwireError, OSError) as error:
        complain(str(error))
        return 1
    return _flushed(code if isinstance(code, int) else 0)


def _flushed(code: int) -> int:
    """The code, unless whoever read our output has left (`publicwire items | head`)."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        complain(f"cannot write what there is to say: {error.strerror}")
        return 1
    return code


__all__ = ["main", "run"]
