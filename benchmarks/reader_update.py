"""Commands on the peer `reader`, run inside its own virtual environment.

add DB FILE    add the feeds whose URLs FILE lists
update DB      update them all once, as a whole process
serve DB       update them all for each line on standard input, and answer each with a line
"""

import sys
from pathlib import Path

from reader import make_reader  # type: ignore[import-not-found]  # only in its own environment


def main(verb: str, db: str, *rest: str) -> None:
    """Run the command of the arguments."""
    with make_reader(db) as reader:
        match verb:
            case "add":
                for url in Path(rest[0]).read_text().split():
                    reader.add_feed(url)
            case "update":
                reader.update_feeds(workers=1, scheduled=False)
            case "serve":
                print("ready", flush=True)
                for _ in sys.stdin:
                    reader.update_feeds(workers=1, scheduled=False)
                    print("updated", flush=True)
            case _:
                raise SystemExit(f"unknown verb: {verb}")


if __name__ == "__main__":
    main(*sys.argv[1:])
