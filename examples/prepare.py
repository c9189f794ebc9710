"""What the Python examples need before they start: a Python of their own, and an EntDB."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def environment(example: Path) -> Path:
    """The Python that has what an example needs; installed once, and when that changes.

    The SDK comes from the repository; a program of your own says `pip install entdb-sdk`.
    """
    folder = example / ".venv"
    stamp = folder / "installed.txt"
    python = folder / "bin" / "python"
    requirements = example / "requirements.txt"
    wanted = requirements.read_text() if requirements.is_file() else "the SDK alone"
    if not stamp.is_file() or stamp.read_text() != wanted:
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        others = ["-r", requirements] if requirements.is_file() else []
        subprocess.run([*pip, *others, "-e", REPOSITORY / "sdk" / "python"], check=True)
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
