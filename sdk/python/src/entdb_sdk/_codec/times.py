"""Times that programs give, as Unix milliseconds."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from .._generated.entdb.v1 import model_pb2 as pb
from ..errors import invalid
from ..schema import FieldDef
from .values import RefusedValueError, encode_value

_TIME: Final = FieldDef(1, "time", "timestamp")


def milliseconds(time: int | datetime, what: str) -> int:
    """Raises ValidationError (INVALID_VALUE) for what is no time, or says no time zone."""
    value = pb.Value()
    try:
        encode_value(_TIME, time, value)
    except RefusedValueError as refused:
        raise invalid("INVALID_VALUE", f"{what}: {refused.problem}.", refused.hint) from refused
    return value.timestamp_value
