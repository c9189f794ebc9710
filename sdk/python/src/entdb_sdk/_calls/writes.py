"""Transactions, and what became of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Final

from .._codec.graph import decode_atomic, decode_result
from .._codec.ids import check_name
from .._generated import rpcs
from .._generated.entdb.v1 import entdb_service_pb2 as pb
from .._session import Consistency, Fresh
from .._transport.status import error_for
from ..errors import invalid
from ..models import AtomicResult, Receipt, ReceiptState
from ..plan import Plan
from .base import Calls, key_of_write

_RECEIPT_STATE: Final[dict[int, ReceiptState]] = {
    pb.RECEIPT_STATE_UNKNOWN: "unknown",
    pb.RECEIPT_STATE_PENDING: "pending",
    pb.RECEIPT_STATE_APPLIED: "applied",
    pb.RECEIPT_STATE_REJECTED: "rejected",
}


class WriteCalls(Calls):
    """Transactions, and what became of them."""

    async def atomic(
        self,
        build: Callable[[Plan], object],
        *,
        idempotency_key: str | None = None,
        wait_for_applied: bool = True,
        timeout: float | None = None,
    ) -> AtomicResult:
        """Does everything that `build` puts into its plan, or nothing of it.

        `build` is called once, at once; what it returns is ignored, so a lambda may write its
        operations as a tuple. The transaction is done once for each `idempotency_key`: the
        same plan with the same key again gives the same answer, ids included, and does
        nothing. Without a key one is made, which holds over the client's own repetitions; it
        is in the result, and in the error.

        With `wait_for_applied=False` the answer comes as soon as the log has the write: with
        ids and position, without versions and outcome, which `receipt` tells.

        Raises ValidationError before anything is sent where the client knows better, and
        after it ConflictError, PermissionError and whatever else the server decides.
        """
        plan = Plan(self._session.registry)
        if inspect.isawaitable(returned := build(plan)):
            if inspect.iscoroutine(returned):
                returned.close()
            raise TypeError("atomic takes a function that is not async: await before it")
        if len(plan) == 0:
            raise invalid(
                "INVALID_REQUEST", "The plan is empty.", "Put an operation into it, such as create."
            )
        request = pb.ExecuteAtomicRequest(
            context=self._session.context(),
            idempotency_key=key_of_write(idempotency_key),
            operations=plan.end(),
            wait=pb.WAIT_MODE_APPLIED if wait_for_applied else pb.WAIT_MODE_DURABLE,
            schema_fingerprint=self._session.registry.fingerprint if plan.names_types else "",
        )
        deadline = self._session.caller.deadline(timeout)
        return decode_atomic(await self._session.execute(request, deadline), plan.identity)

    async def receipt(
        self,
        idempotency_key: str,
        *,
        at_least: bytes | None = None,
        consistency: Consistency = "applied",
        timeout: float | None = None,
    ) -> Receipt:
        """What became of the transaction with this key. Others' are unknown."""
        check_name(idempotency_key, "idempotency_key")
        request = pb.GetReceiptRequest(
            context=self._session.context(),
            idempotency_key=idempotency_key,
            read=self._session.read_options(Fresh(at_least, consistency)),
        )
        wire = await self._session.read(rpcs.GET_RECEIPT, request, timeout)
        rejection = wire.rejection
        return Receipt(
            state=_RECEIPT_STATE.get(wire.state, "unknown"),
            results=tuple(decode_result(one) for one in wire.results),
            error=error_for(
                rejection.reason,
                None,
                rejection.message,
                rejection.hint or None,
                dict(rejection.details),
            )
            if rejection.reason
            else None,
            position=wire.position_token,
            wal_position=wire.wal_position,
            applied_at=wire.applied_at,
        )
