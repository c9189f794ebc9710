"""`python3 start.py`: accounts, orders and stock as aggregates, and an EntDB beside them.

Makes an environment in `.venv` first. With `ENTDB_ENDPOINT` (`host:port` of the gRPC port) an
EntDB that runs already is used.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from prepare import environment, start_entdb  # noqa: E402


def main() -> int:
    """Runs the program to its end."""
    python = environment(HERE)
    endpoint, entdb = os.environ.get("ENTDB_ENDPOINT"), None
    if endpoint is None:
        entdb, endpoint = start_entdb()
    try:
        return subprocess.call([python, HERE / "program.py", endpoint])
    finally:
        if entdb is not None:
            entdb.terminate()
            entdb.wait()


if __name__ == "__main__":
    sys.exit(main())
