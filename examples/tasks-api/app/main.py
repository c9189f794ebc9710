"""Tasks over HTTP. Each user has tasks of their own, which EntDB keeps apart."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from entdb_sdk import DbClient
from entdb_sdk.errors import EntDbError
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request

from .refusals import refuse
from .types import NewTask, Status, Task, TaskOut, TaskPage


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client for the whole service, which starts also while EntDB is not there yet."""
    client = DbClient(os.environ.get("ENTDB_ENDPOINT", "localhost:50051"), tenant_id="tasks_api")
    app.state.client = client
    yield
    await client.close()


app = FastAPI(title="Tasks", lifespan=lifespan)
app.add_exception_handler(EntDbError, refuse)


def client_of(request: Request, x_user: Annotated[str, Header()]) -> DbClient:
    """The client in the name of whoever asks. A real service takes the name from a session."""
    client: DbClient = request.app.state.client
    return client.scoped(actor=f"user:{x_user}")


Client = Annotated[DbClient, Depends(client_of)]


@app.post("/tasks", status_code=201)
async def create(
    task: NewTask, client: Client, idempotency_key: Annotated[str | None, Header()] = None
) -> TaskOut:
    """Creates a task. With an Idempotency-Key it is created once, however often it is sent."""
    result = await client.atomic(
        lambda plan: plan.create(Task, task.model_dump(), alias="task"),
        idempotency_key=idempotency_key,
    )
    created = result.results[0]
    return TaskOut(id=created.node_id, version=created.version or 1, **task.model_dump())


@app.get("/tasks")
async def list_tasks(
    client: Client,
    status: Status | None = None,
    title: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str = "",
) -> TaskPage:
    """The tasks of a status, whose title has a text in it: a page of them, newest first."""
    wanted: dict[str, object] = {}
    if status is not None:
        wanted["status"] = status
    if title is not None:
        wanted["title"] = {"contains": title}
    listed = client.query(
        Task, wanted, order="-created_at", page_size=limit, cursor=_decoded(cursor)
    )
    page = await listed.page()
    return TaskPage(
        tasks=[TaskOut.of(node) for node in page.items],
        next_cursor=base64.urlsafe_b64encode(page.cursor).decode() if page.has_more else None,
    )


@app.get("/tasks/{task_id}")
async def read(task_id: str, client: Client) -> TaskOut:
    """One task."""
    return TaskOut.of(await client.get(Task, task_id))


@app.post("/tasks/{task_id}/complete")
async def complete(
    task_id: str, client: Client, if_match: Annotated[int, Header(ge=0)] = 0
) -> TaskOut:
    """Completes a task. With If-Match only as long as it has this version."""
    await client.atomic(
        lambda plan: plan.update(Task, task_id, {"status": "done"}, expected_version=if_match)
    )
    return TaskOut.of(await client.get(Task, task_id))


def _decoded(cursor: str) -> bytes:
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise HTTPException(400, "cursor: not one that a page gave.") from error
