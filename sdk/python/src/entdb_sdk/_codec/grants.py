"""Grants as messages, and back."""

from __future__ import annotations

from typing import Final

from .._generated.entdb.v1 import model_pb2 as pb
from ..errors import invalid
from ..grants import Grant
from ..schema import FieldDef
from .choice import choose
from .ids import check_name
from .schema import PERMISSION_NUMBER, PERMISSION_OF_NUMBER
from .values import RefusedValueError, encode_value

_EXPIRES_AT: Final = FieldDef(1, "expires", "timestamp")


def encode_grant(grant: Grant) -> pb.Grant:
    value = pb.Value()
    try:
        encode_value(_EXPIRES_AT, grant.expires_at, value)
    except RefusedValueError as refused:
        raise invalid("INVALID_VALUE", f"expires_at: {refused.problem}.", refused.hint) from refused
    check_name(grant.principal, "principal")
    return pb.Grant(
        principal=grant.principal,
        permission=choose(PERMISSION_NUMBER, grant.permission, "permission"),
        expires_at=value.timestamp_value,
    )


def decode_grant(wire: pb.Grant) -> Grant:
    return Grant(wire.principal, PERMISSION_OF_NUMBER[wire.permission], wire.expires_at)
