"""`python3 start.py`: the service on http://localhost:8000 (`PORT`), and an EntDB beside it.

Makes an environment in `.venv` first. With `ENTDB_ENDPOINT` (`host:port` of the gRPC port) an
EntDB that runs already is used.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from prepare import environment, start_entdb  # noqa: E402


def main() -> int:
    """Runs until it is interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    python = environment(HERE)
    endpoint, entdb = os.environ.get("ENTDB_ENDPOINT"), None
    if endpoint is None:
        entdb, endpoint = start_entdb()
    serve = [python, "-m", "uvicorn", "app.main:app", "--port", os.environ.get("PORT", "8000")]
    service = subprocess.Popen(serve, cwd=HERE, env={**os.environ, "ENTDB_ENDPOINT": endpoint})
    try:
        return service.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for process in (service, entdb):
            if process is not None:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
