"""A plan: the operations of one transaction, all of them or none.

Each call is checked at once, against the types that the program knows. Wherever an id is
taken, `"$alias.id"` names what an earlier operation of the plan creates, and so does the
value that `create` and `link` return, which needs no alias.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal, TypeVar

from ._codec.choice import choose
from ._codec.events import encode_append, encode_checkpoint
from ._codec.fields import encode_payload
from ._codec.grants import encode_grant
from ._codec.ids import IdLike, check_name, check_names, require_id
from ._codec.schema import PERMISSION_NUMBER, encode_schema
from ._codec.selection import encode_selection
from ._codec.values import RefusedValueError, encode_value
from ._generated.entdb.v1 import entdb_service_pb2 as pb
from ._generated.entdb.v1.model_pb2 import Value
from .errors import invalid
from .events.store import Append
from .grants import Grant
from .registry import SchemaRegistry
from .schema import EdgeTypeDef, NodeTypeDef, Permission
from .validation import validate_or_raise

OnConflict = Literal["fail", "return_existing"]
"""What happens when a unique value, or the edge, is there already."""

SchemaMode = Literal["merge", "replace"]
"""Merging adds and keeps what is there; replacing makes the schema what is sent."""

ON_CONFLICT: Final[Mapping[OnConflict, pb.OnConflict]] = {
    "fail": pb.ON_CONFLICT_UNSPECIFIED,
    "return_existing": pb.ON_CONFLICT_RETURN_EXISTING,
}
SCHEMA_MODE: Final[Mapping[SchemaMode, pb.SchemaMode]] = {
    "merge": pb.SCHEMA_MODE_MERGE,
    "replace": pb.SCHEMA_MODE_REPLACE,
}


_Step = TypeVar("_Step", pb.DeleteNode, pb.RestoreNode, pb.PurgeNode)


class Created:
    """What a plan's operation will create. Stands wherever an id is taken in the same plan, and
    indexes its result; in another plan the same alias would be something else."""

    def __init__(self, plan: Plan, message: pb.CreateNode | pb.CreateEdge) -> None:
        self._plan = plan
        self._message = message
        self.plan: Final = plan.identity
        """Of which plan it is."""
        self.place: Final = len(plan) - 1
        """Its place among the plan's operations, from 0."""

    @property
    def id(self) -> str:
        """`"$alias.id"`; an operation without an alias is given one now. Raises ValidationError
        (INVALID_ID) once the plan has been sent."""
        if self._plan.is_sent:
            raise invalid(
                "INVALID_ID",
                f"What operation {self.place} of an earlier plan creates has no name in this one.",
                "Take its id out of that plan's result: result[created].",
            )
        if not self._message.alias:
            self._message.alias = self._plan._free_alias()
        return f"${self._message.alias}.id"

    def __str__(self) -> str:
        return f"${self._message.alias}.id" if self._plan.is_sent else self.id


class Plan:
    """Collects operations. Made by `DbClient.atomic`, which sends them when its function ends.

    `create` and `link` hand out what they will create, the other operations the plan itself.
    """

    def __init__(self, registry: SchemaRegistry) -> None:
        self._registry = registry
        self._aliases: set[str] = set()
        self.identity: Final = object()
        """What results and handles of this plan know each other by."""
        self.is_sent = False
        """Whether nothing can be added any more."""
        self.operations: list[pb.Operation] = []
        """As they go to the server, in their order."""
        self.names_types = False
        """Whether any of them goes by the program's types."""

    def __len__(self) -> int:
        return len(self.operations)

    def create(
        self,
        node_type: NodeTypeDef | int | str,
        payload: Mapping[str, object],
        *,
        alias: str = "",
        id: str = "",
        principals: Iterable[str] = (),
        grants: Iterable[Grant] = (),
        recipients: Iterable[str] = (),
        thread: str = "",
        metadata: Mapping[str, str] | None = None,
        on_conflict: OnConflict = "fail",
    ) -> Created:
        """Creates a node.

        `principals` get the permission to read, `grants` say more; with neither the type's
        default grants hold. `recipients` are actors who get the permission to read and an item
        in their mailbox, which bears `thread` and `metadata`. `id` proposes one of the server's
        grammar. With `on_conflict="return_existing"` a node that has a unique value of this one
        already is the answer, and stays as it is.
        """
        type_def = self._node_type(node_type)
        for text in (id, thread, *(metadata or {}), *(metadata or {}).values()):
            check_name(text, "create")
        node = pb.CreateNode(
            type_id=type_def.type_id,
            alias=self._new_alias(alias),
            id=id,
            on_conflict=choose(ON_CONFLICT, on_conflict, "on_conflict"),
            principals=check_names(principals, "principals"),
            grants=[encode_grant(one) for one in grants],
            recipients=check_names(recipients, "recipients"),
        )
        if thread or metadata:
            node.mail.thread = thread
            node.mail.metadata.update(metadata or {})
        encode_payload(type_def, payload, node.fields)
        self._add(pb.Operation(create_node=node))
        return Created(self, self.operations[-1].create_node)

    def update(
        self,
        node_type: NodeTypeDef | int | str,
        node_id: IdLike,
        payload: Mapping[str, object],
        *,
        expected_version: int = 0,
        preconditions: Mapping[str, object] | None = None,
    ) -> Plan:
        """Changes a node: what is named is set, None clears, the rest stays.

        `expected_version` is the version before the transaction (0: any). `preconditions` say
        what fields must hold, None that one must be absent; they see earlier operations of
        the plan. Either makes the update fail with VersionConflictError instead of being done
        over somebody else's.
        """
        type_def = self._node_type(node_type)
        update = pb.UpdateNode(
            id=require_id(node_id, "update"), expected_version=_version(expected_version)
        )
        encode_payload(type_def, payload, update.fields, partial=True)
        for name, value in (preconditions or {}).items():
            update.preconditions.append(_precondition(type_def, name, value))
        self._add(pb.Operation(update_node=update))
        return self

    def delete(
        self,
        node: IdLike | NodeTypeDef,
        node_id: IdLike | None = None,
        *,
        expected_version: int = 0,
    ) -> Plan:
        """Deletes a node, so that it can be restored: it frees its unique values and hides its
        edges. Takes the id, or for those who like symmetry the type and the id."""
        step = _step(pb.DeleteNode, node, node_id, expected_version)
        self._add(pb.Operation(delete_node=step))
        return self

    def restore(
        self,
        node: IdLike | NodeTypeDef,
        node_id: IdLike | None = None,
        *,
        expected_version: int = 0,
    ) -> Plan:
        """Takes a deletion back. Fails with UniqueConflictError when a value is taken by now."""
        step = _step(pb.RestoreNode, node, node_id, expected_version)
        self._add(pb.Operation(restore_node=step))
        return self

    def purge(
        self,
        node: IdLike | NodeTypeDef,
        node_id: IdLike | None = None,
        *,
        expected_version: int = 0,
    ) -> Plan:
        """Takes a node and its edges out of everything that can be read, for good."""
        step = _step(pb.PurgeNode, node, node_id, expected_version)
        self._add(pb.Operation(purge_node=step))
        return self

    def link(
        self,
        edge_type: EdgeTypeDef | int | str,
        from_id: IdLike,
        to_id: IdLike,
        payload: Mapping[str, object] | None = None,
        *,
        alias: str = "",
        id: str = "",
        on_conflict: OnConflict = "fail",
    ) -> Created:
        """Draws an edge from one node to another. There is at most one of a type between two."""
        type_def = self._edge_type(edge_type)
        check_name(id, "link")
        edge = pb.CreateEdge(
            edge_type_id=type_def.edge_id,
            from_id=require_id(from_id, "link"),
            to_id=require_id(to_id, "link"),
            alias=self._new_alias(alias),
            id=id,
            on_conflict=choose(ON_CONFLICT, on_conflict, "on_conflict"),
        )
        encode_payload(type_def, payload or {}, edge.fields)
        self._add(pb.Operation(create_edge=edge))
        return Created(self, self.operations[-1].create_edge)

    def update_edge(
        self,
        edge_type: EdgeTypeDef | int | str,
        from_id: IdLike,
        to_id: IdLike,
        payload: Mapping[str, object],
    ) -> Plan:
        """Changes the fields of an edge: what is named is set, None clears, the rest stays."""
        type_def = self._edge_type(edge_type)
        update = pb.UpdateEdge(key=_edge_key(type_def, from_id, to_id, "update_edge"))
        encode_payload(type_def, payload, update.fields, partial=True)
        self._add(pb.Operation(update_edge=update))
        return self

    def unlink(
        self,
        edge: EdgeTypeDef | IdLike,
        from_id: IdLike | None = None,
        to_id: IdLike | None = None,
    ) -> Plan:
        """Removes an edge: by its id, or by its type and its ends."""
        if from_id is None and to_id is None and not isinstance(edge, EdgeTypeDef):
            delete = pb.DeleteEdge(id=require_id(edge, "unlink"))
        else:
            key = edge if isinstance(edge, EdgeTypeDef | str) else require_id(edge, "unlink")
            type_def = self._edge_type(key)
            delete = pb.DeleteEdge(key=_edge_key(type_def, from_id, to_id, "unlink"))
        self._add(pb.Operation(delete_edge=delete))
        return self

    def set_visibility(self, node_id: IdLike, principals: Iterable[str] = ()) -> Plan:
        """Says who may read a node, in place of whoever could; other grants stay."""
        visibility = pb.SetVisibility(
            node_id=require_id(node_id, "set_visibility"),
            principals=check_names(principals, "principals"),
        )
        self._add(pb.Operation(set_visibility=visibility))
        return self

    def grant(
        self,
        node_id: IdLike,
        principal: str,
        permission: Permission = "read",
        *,
        expires_at: int | datetime = 0,
    ) -> Plan:
        """Grants a permission, and those it implies, to a principal such as `group:eng`.

        `expires_at` is log time from which on it no longer holds, as Unix milliseconds or as
        a datetime with a time zone; 0 is never.
        """
        grant = encode_grant(Grant(principal, permission, expires_at))
        added = pb.AddGrant(node_id=require_id(node_id, "grant"), grant=grant)
        self._add(pb.Operation(grant=added))
        return self

    def revoke(self, node_id: IdLike, principal: str, permission: Permission | None = None) -> Plan:
        """Takes a grant back; without a permission all that the principal holds. What is not
        there is taken back without an error."""
        check_name(principal, "principal")
        revoked = pb.RevokeGrant(node_id=require_id(node_id, "revoke"), principal=principal)
        if permission is not None:
            revoked.permission = choose(PERMISSION_NUMBER, permission, "permission")
        self._add(pb.Operation(revoke=revoked))
        return self

    def mark_read(
        self,
        items: Iterable[IdLike] = (),
        *,
        up_to: bytes = b"",
        user_id: str = "",
        unread: bool = False,
    ) -> Plan:
        """Marks items of a mailbox as read, or with `unread` as unread: by id, or every one
        that was delivered at the position `up_to` or before."""
        check_name(user_id, "user_id")
        marked = pb.MarkReadOperation(
            user_id=user_id, items=encode_selection(items, up_to), unread=unread
        )
        self._add(pb.Operation(mark_read=marked))
        return self

    def delete_mailbox_items(
        self, items: Iterable[IdLike] = (), *, up_to: bytes = b"", user_id: str = ""
    ) -> Plan:
        """Removes items from a mailbox; their nodes stay."""
        check_name(user_id, "user_id")
        deleted = pb.DeleteMailboxItemsOperation(
            user_id=user_id, items=encode_selection(items, up_to)
        )
        self._add(pb.Operation(delete_mailbox_items=deleted))
        return self

    def append_events(self, append: Append) -> Plan:
        """Appends events to an aggregate, with whatever else the plan does. Where that has led is
        in the result's `appended`. Fails with ConcurrencyConflictError when the aggregate stands
        otherwise than expected."""
        self._add(pb.Operation(append_events=encode_append(append)))
        return self

    def store_checkpoint(
        self, consumer: str, global_nonce: int, *, expected: int | None = None
    ) -> Plan:
        """Moves a consumer's checkpoint, so that what the plan does for an event is done once.
        Fails with ConflictError (CHECKPOINT_CONFLICT) when it does not stand where it is
        `expected`."""
        stored = encode_checkpoint(consumer, global_nonce, expected)
        self._add(pb.Operation(store_checkpoint=stored))
        return self

    def register_schema(self, schema: SchemaRegistry, *, mode: SchemaMode = "merge") -> Plan:
        """Registers types in the same transaction, before the operations that come after it."""
        registered = pb.RegisterSchemaOperation(
            schema=encode_schema(schema), mode=choose(SCHEMA_MODE, mode, "mode")
        )
        self._add(pb.Operation(register_schema=registered))
        return self

    def end(self) -> list[pb.Operation]:
        """What is to be sent. From here on nothing can be added."""
        self.is_sent = True
        return self.operations

    def _add(self, operation: pb.Operation) -> None:
        if self.is_sent:
            raise invalid(
                "INVALID_REQUEST",
                "The plan has been sent: what is put into it now would be left out.",
                "Put operations into a plan while `atomic` calls the function that builds it.",
            )
        self.operations.append(operation)

    def _node_type(self, key: NodeTypeDef | int | str) -> NodeTypeDef:
        self.names_types = True
        return self._registry.node_type(key)

    def _edge_type(self, key: EdgeTypeDef | int | str) -> EdgeTypeDef:
        self.names_types = True
        return self._registry.edge_type(key)

    def _new_alias(self, alias: str) -> str:
        check_name(alias, "alias")
        if alias in self._aliases:
            raise invalid(
                "ALIAS_DUPLICATE",
                f"Two operations of the plan have the alias {alias!r}.",
                "Give each its own.",
            )
        if alias:
            self._aliases.add(alias)
        return alias

    def _free_alias(self) -> str:
        number = len(self._aliases) + 1
        while f"op_{number}" in self._aliases:
            number += 1
        return self._new_alias(f"op_{number}")


def _step(
    kind: type[_Step], node: IdLike | NodeTypeDef, node_id: IdLike | None, expected_version: int
) -> _Step:
    target = node_id if isinstance(node, NodeTypeDef) else node
    if node_id is not None and not isinstance(node, NodeTypeDef):
        raise TypeError("give the id of a node, or its type and its id")
    what = kind.DESCRIPTOR.name
    return kind(id=require_id(target, what), expected_version=_version(expected_version))


def _edge_key(type_def: EdgeTypeDef, from_id: object, to_id: object, what: str) -> pb.EdgeKey:
    return pb.EdgeKey(
        edge_type_id=type_def.edge_id,
        from_id=require_id(from_id, what),
        to_id=require_id(to_id, what),
    )


def _precondition(type_def: NodeTypeDef, name: str, value: object) -> pb.FieldPrecondition:
    field = type_def.fields_by_name.get(name)
    wire = Value()
    try:
        if field is None:
            raise KeyError(name)
        if value is None:
            wire.null_value = 0  # type: ignore[assignment]  # NULL_VALUE, the only one
        else:
            encode_value(field, value, wire)
    except (KeyError, RefusedValueError) as refused:
        validate_or_raise(type_def, {name: value}, partial=True)
        raise AssertionError("what could not be encoded was found valid") from refused
    return pb.FieldPrecondition(field_id=field.field_id, value=wire)


def _version(expected: object) -> int:
    if isinstance(expected, int) and not isinstance(expected, bool) and 0 <= expected < 2**64:
        return expected
    hint = "Give the version that was read; versions count from 1, and 0 is any."
    raise invalid("INVALID_REQUEST", f"expected_version: {expected!r} is no version.", hint)
