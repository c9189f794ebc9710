"""The types that tests write with."""

from __future__ import annotations

from entdb_sdk import EdgeTypeDef, NodeTypeDef, SchemaRegistry, UniqueKeyDef, field

User = NodeTypeDef(
    type_id=1,
    name="User",
    fields=(field(1, "email", "str", required=True, unique=True), field(2, "name", "str")),
)
Task = NodeTypeDef(
    type_id=2,
    name="Task",
    fields=(
        field(1, "title", "str", required=True, searchable=True),
        field(2, "status", "enum", enum_values=("todo", "doing", "done"), indexed=True),
        field(3, "effort", "int", indexed=True),
        field(4, "labels", "list_str"),
    ),
)
Everything = NodeTypeDef(
    type_id=3,
    name="Everything",
    fields=(
        field(1, "a_str", "str"),
        field(2, "an_int", "int"),
        field(3, "a_float", "float"),
        field(4, "a_bool", "bool"),
        field(5, "a_timestamp", "timestamp"),
        field(6, "an_enum", "enum", enum_values=("first", "second")),
        field(7, "strs", "list_str"),
        field(8, "ints", "list_int"),
        field(9, "a_ref", "ref"),
        field(10, "some_json", "json"),
        field(11, "some_bytes", "bytes"),
    ),
)
Place = NodeTypeDef(
    type_id=4,
    name="Place",
    fields=(field(1, "country", "str"), field(2, "town", "str"), field(3, "size", "int")),
    unique_keys=(UniqueKeyDef(1, "by_name", (1, 2)),),
)
AssignedTo = EdgeTypeDef(
    edge_id=100,
    name="AssignedTo",
    from_type=Task,
    to_type=User,
    fields=(field(1, "since", "timestamp"),),
)
Follows = EdgeTypeDef(edge_id=101, name="Follows", from_type=User, to_type=User)


def registry() -> SchemaRegistry:
    return SchemaRegistry(User, Task, Everything, Place, AssignedTo, Follows)
