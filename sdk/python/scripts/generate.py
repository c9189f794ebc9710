"""Makes src/entdb_sdk/_generated from the protos of the repository.

Three things: the messages (by protoc, with typing stubs), their imports moved below
`entdb_sdk._generated` so that nothing of ours stands at the top of anybody's environment,
and `rpcs.py`, a typed table of the services' methods, so that a new RPC shows up here first.

Run it with the packages of requirements-oldest.txt, which name exact versions. With
`--check` nothing is written, and the exit code is 1 when what is checked in is not what
the protos make.
"""

from __future__ import annotations

import filecmp
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

PACKAGE = Path(__file__).resolve().parent.parent
PROTOS = PACKAGE.parent.parent / "proto"
TARGET = PACKAGE / "src" / "entdb_sdk" / "_generated"
FILES = ("model", "event_model", "filter", "errors", "entdb_service", "events")
SERVICES = {"entdb_service": "EntDBService", "events": "EventStoreService"}
HEAD = '"""Made by scripts/generate.py from the protos; do not edit."""\n'


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory) / "_generated"
        made.mkdir()
        compile_protos(made)
        write_rpcs(made)
        for package in (made, made / "entdb", made / "entdb" / "v1"):
            (package / "__init__.py").write_text(HEAD)
        if "--check" in sys.argv[1:]:
            return report(differences(made, TARGET))
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(made, TARGET, ignore=shutil.ignore_patterns("__pycache__"))
    return 0


def compile_protos(made: Path) -> None:
    """Messages and their typing stubs, importable both as `entdb.v1` (here) and from below us."""
    sources = [f"entdb/v1/{name}.proto" for name in FILES]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTOS}"]
    outputs = [f"--python_out={made}", f"--pyi_out={made}"]
    subprocess.run([*command, *outputs, *sources], check=True)
    for path in sorted((made / "entdb" / "v1").iterdir()):
        text = path.read_text()
        moved = re.sub(r"^from entdb\.v1 import", "from . import", text, flags=re.MULTILINE)
        path.write_text(moved)


def write_rpcs(made: Path) -> None:
    sys.path.insert(0, str(made))
    lines = [
        HEAD,
        "from typing import Final",
        "",
        "from entdb_sdk._transport.rpc import ServerStream, Unary",
        "",
        f"from .entdb.v1 import {', '.join(f'{module}_pb2' for module in SERVICES)}",
        "",
    ]
    for module, name in SERVICES.items():
        messages = import_module(f"entdb.v1.{module}_pb2")
        lines += rpcs_of(messages.DESCRIPTOR.services_by_name[name], f"{module}_pb2")
    (made / "rpcs.py").write_text("\n".join([*lines, ""]))


def rpcs_of(service: ServiceDescriptor, module: str) -> Iterator[str]:
    """The lines of a service's methods."""
    for method in service.methods:
        kind = "ServerStream" if method.server_streaming else "Unary"
        reads = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
        types = f"{module}.{method.input_type.name}, {module}.{method.output_type.name}"
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).upper()
        yield f"{name}: Final = {kind}("
        yield f'    "/{service.full_name}/{method.name}", {types}, reads_only={reads}'
        yield ")"


def differences(made: Path, checked_in: Path) -> list[str]:
    names = {
        path.relative_to(root)
        for root in (made, checked_in)
        for path in root.rglob("*.py*")
        if path.suffix in (".py", ".pyi")
    }
    return sorted(
        str(name)
        for name in names
        if not (made / name).exists()
        or not (checked_in / name).exists()
        or not filecmp.cmp(made / name, checked_in / name, shallow=False)
    )


def report(different: list[str]) -> int:
    for name in different:
        sys.stderr.write(f"_generated/{name} is not what the protos make: run generate.py\n")
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
