"""Grants as messages, and back."""

from __future__ import annotations

from .._generated.entdb.v1 import model_pb2 as pb
from ..grants import Grant
from .choice import choose
from .ids import check_name
from .schema import PERMISSION_NUMBER, PERMISSION_OF_NUMBER
from .times import milliseconds


def encode_grant(grant: Grant) -> pb.Grant:
    expires_at = milliseconds(grant.expires_at, "expires_at")
    check_name(grant.principal, "principal")
    return pb.Grant(
        principal=grant.principal,
        permission=choose(PERMISSION_NUMBER, grant.permission, "permission"),
        expires_at=expires_at,
    )


def decode_grant(wire: pb.Grant) -> Grant:
    return Grant(wire.principal, PERMISSION_OF_NUMBER[wire.permission], wire.expires_at)
