"""The wheel and the source distribution, as somebody installs them into an empty environment."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from entdb_sdk import __version__

from .server import Server

PACKAGE = Path(__file__).resolve().parents[1]
PROGRAM = Path(__file__).with_name("issue_program.py")


def call(*command: object, cwd: Path) -> str:
    """What a program writes; its own words when it fails."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel, made from the source distribution, and that."""
    pytest.importorskip("build", reason="only the newest environment builds")
    folder = tmp_path_factory.mktemp("built")
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PACKAGE, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    (source,) = folder.glob("*.tar.gz")
    return wheel, source


def test_what_is_in_them(built: tuple[Path, Path]) -> None:
    wheel, source = built
    assert wheel.name == f"entdb_sdk-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"entdb_sdk-{__version__}.dist-info/METADATA").decode()
    assert {"entdb_sdk/py.typed", "entdb_sdk/_generated/entdb/v1/model_pb2.pyi"} <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"entdb_sdk", f"entdb_sdk-{__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".proto")]
    assert "Requires-Python: >=3.10" in metadata
    assert "# entdb-sdk" in metadata
    with tarfile.open(source) as files:
        inside = {name.split("/", 1)[1] for name in files.getnames() if "/" in name}
    assert {"README.md", "LICENSE", "pyproject.toml", "src/entdb_sdk/client.py"} <= inside
    assert "tests/test_package.py" in inside


@pytest.mark.parametrize("which", [0, 1], ids=["wheel", "sdist"])
async def test_installed(
    built: tuple[Path, Path], which: int, tmp_path: Path, fresh_server: Server
) -> None:
    """Nothing but the package, what pip brings along, and the program that all begin with."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    call(python, "-m", "pip", "install", "--quiet", built[which], cwd=tmp_path)
    where = call(python, "-c", "import entdb_sdk; print(entdb_sdk.__file__)", cwd=tmp_path)
    assert str(tmp_path) in where
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.read_text().replace("localhost:50051", fresh_server.endpoint))
    assert call(python, program, cwd=tmp_path).count("nd_") == 2
