"""What the service keeps in EntDB, and what it says over HTTP."""

from __future__ import annotations

from typing import Literal

from entdb_sdk import Node, NodeTypeDef, field
from pydantic import BaseModel, Field

Status = Literal["todo", "doing", "done"]

Task = NodeTypeDef(
    type_id=1,
    name="Task",
    fields=(
        field(1, "title", "str", required=True, searchable=True),
        field(2, "status", "enum", enum_values=("todo", "doing", "done"), indexed=True),
    ),
)


class NewTask(BaseModel):
    """What a task is made of."""

    title: str = Field(min_length=1, max_length=200)
    status: Status = "todo"


class TaskOut(BaseModel):
    """A task."""

    id: str
    version: int
    title: str
    status: Status

    @classmethod
    def of(cls, node: Node) -> TaskOut:
        """As EntDB has it."""
        return cls(id=node.id, version=node.version, title=node["title"], status=node["status"])


class TaskPage(BaseModel):
    """A piece of a list, newest first."""

    tasks: list[TaskOut]
    next_cursor: str | None
    """Asks for what follows; null on the last page."""
