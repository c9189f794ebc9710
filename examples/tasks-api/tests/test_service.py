"""The service as its README starts it, over HTTP, with an EntDB beside it, on free ports.

`ENTDB` names the executable.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

START = Path(__file__).resolve().parents[1] / "start.py"
PATIENCE_SECONDS = 20


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[str]:
    """The service, started as a user starts it; where it is."""
    with subprocess.Popen(
        [sys.executable, START],
        cwd=folder,
        env={**os.environ, "PORT": "0", **environment},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield address_of(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE_SECONDS)


def address_of(process: subprocess.Popen[str]) -> str:
    """What the service says when it is ready."""
    said = ""
    for line in process.stderr or ():
        said += line
        if ready := re.search(r"running on (http://\S+)", line):
            return ready[1]
    pytest.fail(f"the service ended:\n{said}")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it is."""
    folder = tmp_path_factory.mktemp("service")
    with running(folder, ENTDB_GRPC_PORT="0", ENTDB_HTTP_PORT="0") as address:
        yield address


@pytest.fixture
def alice(service: str) -> Iterator[httpx.Client]:
    """Alice's requests."""
    headers = {"X-User": "alice"}
    with httpx.Client(base_url=service, headers=headers, timeout=PATIENCE_SECONDS) as client:
        yield client


def refusal(answer: httpx.Response, status: int) -> str:
    """The reason."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["message"]
    return str(error["reason"])


def test_a_task_is_created_read_and_completed(alice: httpx.Client) -> None:
    created = alice.post("/tasks", json={"title": "Review PR"})
    assert created.status_code == 201
    task = created.json()
    assert task == {"id": task["id"], "version": 1, "title": "Review PR", "status": "todo"}
    assert alice.get(f"/tasks/{task['id']}").json() == task
    done = alice.post(f"/tasks/{task['id']}/complete", headers={"If-Match": "1"})
    assert done.json() == {**task, "version": 2, "status": "done"}
    late = alice.post(f"/tasks/{task['id']}/complete", headers={"If-Match": "1"})
    assert refusal(late, 412) == "VERSION_CONFLICT"


def test_what_is_sent_twice_with_a_key_is_done_once(alice: httpx.Client) -> None:
    once = {"Idempotency-Key": "pay-17"}
    first = alice.post("/tasks", json={"title": "Pay"}, headers=once)
    again = alice.post("/tasks", json={"title": "Pay"}, headers=once)
    assert again.json() == first.json()
    assert len(alice.get("/tasks", params={"title": "Pay"}).json()["tasks"]) == 1
    other = alice.post("/tasks", json={"title": "Pay more"}, headers=once)
    assert refusal(other, 422) == "IDEMPOTENCY_KEY_REUSED"
    empty = alice.post("/tasks", json={"title": "Pay"}, headers={"Idempotency-Key": "k" * 257})
    assert refusal(empty, 400) == "INVALID_IDEMPOTENCY_KEY"


def test_a_list_is_filtered_and_comes_in_pages(service: str) -> None:
    with httpx.Client(base_url=service, headers={"X-User": "lister"}) as lister:
        for number in range(5):
            status = "doing" if number % 2 else "todo"
            lister.post("/tasks", json={"title": f"100% of {number}", "status": status})
        doing = lister.get("/tasks", params={"status": "doing", "title": "0% of"}).json()
        assert [task["title"] for task in doing["tasks"]] == ["100% of 3", "100% of 1"]
        assert lister.get("/tasks", params={"title": "%2"}).json()["tasks"] == []
        seen, cursor = [], ""
        while cursor is not None:
            page = lister.get("/tasks", params={"limit": 2, "cursor": cursor}).json()
            seen += [task["title"] for task in page["tasks"]]
            cursor = page["next_cursor"]
        assert seen == [f"100% of {number}" for number in (4, 3, 2, 1, 0)]
        assert refusal(lister.get("/tasks", params={"cursor": "AAAA"}), 400) == "INVALID_CURSOR"
        assert lister.get("/tasks", params={"cursor": "?"}).status_code == 400


def test_nobody_sees_what_is_somebody_elses(alice: httpx.Client) -> None:
    task = alice.post("/tasks", json={"title": "Secret"}).json()
    as_bob = {"X-User": "bob"}
    assert refusal(alice.get(f"/tasks/{task['id']}", headers=as_bob), 404) == "NODE_NOT_FOUND"
    complete = alice.post(f"/tasks/{task['id']}/complete", headers=as_bob)
    assert refusal(complete, 404) == "NODE_NOT_FOUND"
    assert alice.get("/tasks", headers=as_bob, params={"title": "Secret"}).json()["tasks"] == []


def test_what_is_wrong_is_said(alice: httpx.Client) -> None:
    assert alice.post("/tasks", json={"title": ""}).status_code == 422
    assert alice.get("/tasks", params={"status": "lost"}).status_code == 422
    assert refusal(alice.get("/tasks/none"), 400) == "INVALID_ID"
    assert refusal(alice.get("/tasks", headers={"X-User": "a b"}), 400) == "INVALID_ACTOR"


def test_an_entdb_that_is_not_there_is_an_error_and_not_a_wait(tmp_path: Path) -> None:
    with running(tmp_path, ENTDB_ENDPOINT="127.0.0.1:1") as address:
        headers = {"X-User": "alice"}
        answer = httpx.get(f"{address}/tasks", headers=headers, timeout=PATIENCE_SECONDS)
        assert refusal(answer, 503) == "CONNECTION_REFUSED"
