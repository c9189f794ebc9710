"""The Python of the documentation's pages: the pieces of a page, in their order, are one program.

Those that are marked `<!-- test -->` are run, each page against a server of its own. A piece may
await at its top, as `python -m asyncio` lets it.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .server import REPOSITORY, Server

SOURCES = Path(__file__).resolve().parents[1] / "src"
PIECE = re.compile(r"^<!-- test -->\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PAGES = [REPOSITORY / "README.md", REPOSITORY / "llms.txt", *(REPOSITORY / "docs").glob("*.md")]
PROGRAMS = {
    str(path.relative_to(REPOSITORY)): "\n".join(pieces)
    for path in sorted(PAGES)
    if (pieces := PIECE.findall(path.read_text()))
}
RUN = """
import ast, asyncio, sys
code = compile(sys.stdin.read(), "page", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
waits = eval(code, {"__name__": "__main__"})
if waits is not None:
    asyncio.run(waits)
"""


def test_pages_are_found() -> None:
    assert {"README.md", "llms.txt", "docs/getting-started.md"} <= set(PROGRAMS)


@pytest.mark.parametrize("page", PROGRAMS)
async def test_page(page: str, fresh_server: Server, tmp_path: Path) -> None:
    program = PROGRAMS[page].replace("localhost:50051", fresh_server.endpoint)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-W", "error", "-c", RUN],
        input=program,
        cwd=tmp_path,
        env={"PYTHONPATH": str(SOURCES), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if page == "docs/getting-started.md":
        assert "is Carol 's\nschema_changed \nnode_created Pay the rent\n" in done.stdout
