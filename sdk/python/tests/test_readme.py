"""The snippets of the README, run as they stand: whole programs, and those that have a client."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from .server import Server

PACKAGE = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"```python(?P<of> client)?\n(?P<code>.*?)```", re.DOTALL)
BLOCKS = [
    (found["of"] or "", found["code"])
    for found in BLOCK.finditer((PACKAGE / "README.md").read_text())
]
PROGRAM, WITH_CLIENT = BLOCKS[0][1], "".join(code for of, code in BLOCKS if of)


def run(code: str, server: Server, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code.replace("localhost:50051", server.endpoint)],
        cwd=cwd,
        env={"PYTHONPATH": str(PACKAGE / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def first(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    return run(PROGRAM, server, tmp_path_factory.mktemp("readme"))


def test_the_program(first: str) -> None:
    assert first == "Review PR is todo\n"


@pytest.mark.usefixtures("first")
def test_what_stands_in_a_function(server: Server, tmp_path: Path) -> None:
    """One after the other, in the function of the program above."""
    head, _, _ = PROGRAM.partition("        result = await")
    body = textwrap.indent(WITH_CLIENT, " " * 8)
    out = run(f"{head}{body}\n\nasyncio.run(main())\n", server, tmp_path)
    assert "emial ('email',)" in out
    assert "UNIQUE_CONFLICT email" in out
    assert "node_created Watch me" in out
    assert "1 1 note.written {'text': 'Buy milk'}" in out


def test_programs_of_their_own(server: Server, tmp_path: Path) -> None:
    for of, code in BLOCKS[1:]:
        if not of:
            run(code, server, tmp_path)
