"""`python3 start.py`: the service on http://localhost:8000 (`PORT`), and an EntDB beside it.

Makes an environment in `.venv` first. With `ENTDB_ENDPOINT` (`host:port` of the gRPC port) an
EntDB that runs already is used. The SDK comes from the folder beside this one; a program of
your own says `pip install entdb-sdk`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
REQUIREMENTS = HERE / "requirements.txt"


def environment() -> Path:
    """The Python that has what the service needs; installed once, and when that changes."""
    folder = HERE / ".venv"
    stamp = folder / "installed.txt"
    python = folder / "bin" / "python"
    wanted = REQUIREMENTS.read_text()
    if not stamp.is_file() or stamp.read_text() != wanted:
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", REQUIREMENTS, "-e", REPOSITORY / "sdk" / "python"], check=True)
        stamp.write_text(wanted)
    return python


def start_entdb() -> tuple[subprocess.Popen[str], str]:
    """EntDB, once it is ready, and where its gRPC port is."""
    built = REPOSITORY / "dist" / "entdb"
    program = os.environ.get("ENTDB") or shutil.which("entdb") or built
    if not Path(program).is_file():
        sys.exit("There is no entdb on the PATH: build it (bun run build), or name it in ENTDB.")
    entdb = subprocess.Popen(
        [program, "dev"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert entdb.stderr is not None
    for line in entdb.stderr:
        if ready := re.search(r"entdb ready .*\bgrpc=https?://(\S+)", line):
            forward = (entdb.stderr, sys.stderr)
            threading.Thread(target=shutil.copyfileobj, args=forward, daemon=True).start()
            return entdb, ready[1]
        sys.stderr.write(line)
    sys.exit("EntDB did not start.")


def main() -> int:
    """Runs until it is interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    python = environment()
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
