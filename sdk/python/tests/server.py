"""The compiled server as its users start it: alone in an empty directory, on free ports.

The executable is `E2E_BINARY`, or else the repository's `dist/entdb`.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
READY = re.compile(r"entdb ready (?P<fields>.*)")
START_SECONDS = 30


def binary() -> Path:
    """The server under test."""
    path = Path(os.environ.get("E2E_BINARY") or REPOSITORY / "dist" / "entdb").resolve()
    if not path.is_file():
        raise RuntimeError(f"{path} is not there: build it (bun run build), or set E2E_BINARY")
    return path


@dataclass
class Server:
    """A server that runs. Its data directory outlives it, so that it can be started again."""

    directory: Path
    command: str = "serve"
    args: tuple[str, ...] = ()
    grpc_port: int = 0
    http_port: int = 0
    log: list[str] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _drain: asyncio.Task[None] | None = None

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.grpc_port}"

    async def start(self) -> Server:
        """Starts it, on the ports it had before if it ran already, and waits until it is ready."""
        self.directory.mkdir(parents=True, exist_ok=True)
        ports = ["--grpc-port", str(self.grpc_port), "--http-port", str(self.http_port)]
        data = ["--data-dir", str(self.directory / "data")]
        self._process = await asyncio.create_subprocess_exec(
            str(binary()),
            self.command,
            *ports,
            *data,
            *self.args,
            cwd=self.directory,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        fields = await asyncio.wait_for(self._until_ready(), START_SECONDS)
        self.grpc_port = int(fields["grpc"].rpartition(":")[2])
        self.http_port = int(fields["http"].rpartition(":")[2])
        self._drain = asyncio.create_task(self._collect())
        return self

    async def kill(self) -> None:
        """As if the power went."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """As an operator ends it."""
        await self._end(signal.SIGTERM)

    async def run(self, *args: str) -> str:
        """A command of the executable, to its end; what it wrote to stdout."""
        process = await asyncio.create_subprocess_exec(
            str(binary()),
            *args,
            cwd=self.directory,
            env={**self._environment(), "ENTDB_URL": f"http://127.0.0.1:{self.http_port}"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"entdb {' '.join(args)}: {err.decode()}")
        return out.decode()

    async def _until_ready(self) -> dict[str, str]:
        while line := await self._read_line():
            if found := READY.search(line):
                return dict(re.findall(r"(\w+)=(\S+)", found["fields"]))
        raise RuntimeError("the server ended before it was ready:\n" + "".join(self.log))

    async def _read_line(self) -> str:
        assert self._process is not None
        assert self._process.stderr is not None
        line = (await self._process.stderr.readline()).decode()
        self.log.append(line)
        return line

    async def _collect(self) -> None:
        while await self._read_line():
            pass

    async def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.returncode is None:
            process.send_signal(how)
        await process.wait()
        if self._drain is not None:
            self._drain.cancel()

    def _environment(self) -> dict[str, str]:
        """Nothing that could name a setting, a proxy or a colour."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "ENTDB_LOG_FORMAT": "text",
        }
