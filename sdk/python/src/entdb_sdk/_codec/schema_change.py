"""What becomes of a schema, as answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .._generated.entdb.v1 import entdb_service_pb2 as pb
from ..models import Compatibility, SchemaBuild, SchemaChange

_COMPATIBILITY: Final[Mapping[int, Compatibility]] = {
    pb.COMPATIBILITY_SAFE: "safe",
    pb.COMPATIBILITY_DATA_DEPENDENT: "data_dependent",
    pb.COMPATIBILITY_BREAKING: "breaking",
}


def decode_change(wire: pb.SchemaChange) -> SchemaChange:
    # One that is newer than this client is not known to be safe.
    compatibility = _COMPATIBILITY.get(wire.compatibility, "breaking")
    return SchemaChange(wire.change, wire.path, compatibility, wire.message, wire.hint)


def decode_build(wire: pb.SchemaBuild) -> SchemaBuild:
    return SchemaBuild(wire.wal_position, wire.step, wire.rows_done, wire.rows_total)
