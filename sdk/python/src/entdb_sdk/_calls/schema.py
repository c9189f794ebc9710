"""The tenant's schema."""

from __future__ import annotations

from .._codec.choice import choose
from .._codec.graph import decode_difference
from .._codec.schema import decode_schema, encode_schema
from .._codec.schema_change import decode_build, decode_change
from .._generated import rpcs
from .._generated.entdb.v1 import entdb_service_pb2 as pb
from .._session import Consistency, Fresh
from ..models import RegisteredSchema, SchemaCheck, TenantSchema
from ..plan import SCHEMA_MODE, SchemaMode
from ..registry import SchemaRegistry
from .base import Calls, key_of_write


class SchemaCalls(Calls):
    """The tenant's schema. Types need not be registered: the first write that goes by types
    that the tenant does not know brings them along."""

    async def get_schema(
        self,
        *,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> TenantSchema:
        """The schema in force."""
        request = pb.GetSchemaRequest(
            context=self._session.context(),
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        answer = await self._session.read(rpcs.GET_SCHEMA, request, timeout)
        return TenantSchema(
            types=decode_schema(answer.schema),
            fingerprint=answer.fingerprint,
            locked=answer.locked,
            build=decode_build(answer.build) if answer.HasField("build") else None,
        )

    async def register_schema(
        self,
        schema: SchemaRegistry | None = None,
        *,
        mode: SchemaMode = "merge",
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> RegisteredSchema:
        """Registers types; without any given, those that this client knows.

        `merge` adds what is new and keeps the tenant's definition where it differs, which is
        listed. `replace` makes the schema what is sent: what is absent is removed, and what
        would change the meaning of stored data is refused with SchemaConflictError.
        """
        request = pb.RegisterSchemaRequest(
            context=self._session.context(),
            idempotency_key=key_of_write(idempotency_key),
            schema=encode_schema(self._session.registry if schema is None else schema),
            mode=choose(SCHEMA_MODE, mode, "mode"),
        )
        deadline = self._session.caller.deadline(timeout)
        answer = await self._session.write(rpcs.REGISTER_SCHEMA, request, deadline)
        return RegisteredSchema(
            fingerprint=answer.fingerprint,
            differences=tuple(decode_difference(one) for one in answer.differences),
            changed=answer.changed,
            position=answer.position_token,
            wal_position=answer.wal_position,
        )

    async def check_schema(
        self,
        schema: SchemaRegistry | None = None,
        *,
        mode: SchemaMode = "merge",
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> SchemaCheck:
        """What registering would change, and what of it is breaking. Changes nothing."""
        request = pb.CheckSchemaRequest(
            context=self._session.context(),
            schema=encode_schema(self._session.registry if schema is None else schema),
            mode=choose(SCHEMA_MODE, mode, "mode"),
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        answer = await self._session.read(rpcs.CHECK_SCHEMA, request, timeout)
        return SchemaCheck(
            changes=tuple(decode_change(one) for one in answer.changes),
            differences=tuple(decode_difference(one) for one in answer.differences),
            fingerprint_now=answer.fingerprint_now,
            fingerprint_then=answer.fingerprint_then,
        )
