"""Payloads checked against their type, before anything is sent.

What is checked here the server checks again, against the tenant's schema at the write's own
place in the log. This is for programs that want to know earlier, and for the nearest names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ._codec.values import RefusedValueError, encode_value
from ._generated.entdb.v1.model_pb2 import Value
from ._suggest import did_you_mean, suggest
from .errors import UnknownFieldError, ValidationError, Violation, invalid
from .schema import RESERVED_NAMES, FieldDef, TypeDef


def validate_payload(
    type_def: TypeDef, payload: Mapping[str, object], *, partial: bool = False
) -> list[Violation]:
    """All that is wrong with a payload; an empty list when nothing is.

    With `partial` it is judged as a patch: required fields may be left out, but not cleared.
    """
    violations = [
        violation
        for name, value in payload.items()
        if (violation := _judge(type_def, name, value, partial)) is not None
    ]
    if partial:
        return violations
    missing = [one for one in type_def.must_be_given if payload.get(one.name) is None]
    return violations + [_required(one, "is required") for one in missing]


def validate_or_raise(
    type_def: TypeDef, payload: Mapping[str, object], *, partial: bool = False
) -> None:
    """Raises ValidationError with all `violations`, UnknownFieldError when a name is unknown."""
    violations = validate_payload(type_def, payload, partial=partial)
    if violations:
        raise _error(type_def, violations)


def _judge(type_def: TypeDef, name: str, value: object, partial: bool) -> Violation | None:
    one = type_def.fields_by_name.get(name)
    if one is None:
        return _unknown(type_def, name)
    if value is None:
        if partial and one.required:
            return _required(one, "is required and cannot be cleared")
        return None
    try:
        encode_value(one, value, Value())
    except RefusedValueError as refused:
        message = f"{name}: {refused.problem}."
        return Violation(name, refused.reason, message, refused.hint, refused.suggestions)
    return None


def unknown_field(type_def: TypeDef, name: str, also: Iterable[str] = ()) -> UnknownFieldError:
    """The refusal of a name where a field is asked for; `also` are names that would do besides."""
    known = [*type_def.fields_by_name, *also]
    near = suggest(name, known)
    error = UnknownFieldError(
        f"{type_def.name} has no field {name!r}.",
        reason="FIELD_UNKNOWN",
        code="invalid_argument",
        hint=did_you_mean(near, f"There are: {', '.join(known[:20]) or 'none'}."),
        details={"field": name, "type": type_def.name},
    )
    error.field_name = name
    error.suggestions = near
    return error


def _unknown(type_def: TypeDef, name: object) -> Violation:
    text = name if isinstance(name, str) else repr(name)
    if text in RESERVED_NAMES:
        message = f"{text} is written by the server."
        return Violation(text, "SERVER_OWNED_FIELD", message, "Leave it out of the payload.")
    error = unknown_field(type_def, text)
    return Violation(text, error.reason, error.message, error.hint or "", error.suggestions)


def _required(one: FieldDef, problem: str) -> Violation:
    hint = 'Give it a value; 0, False and "" are values.'
    return Violation(one.name, "FIELD_REQUIRED", f"{one.name} {problem}.", hint)


def _error(type_def: TypeDef, violations: list[Violation]) -> ValidationError:
    unknown = next((one for one in violations if one.reason == "FIELD_UNKNOWN"), None)
    first = unknown or violations[0]
    error = (
        unknown_field(type_def, unknown.field)
        if unknown
        else invalid(
            first.reason,
            first.message,
            first.hint,
            details={"field": first.field, "type": type_def.name},
        )
    )
    error.violations = tuple(violations)
    if len(violations) > 1:
        error.message += f" (And {len(violations) - 1} more.)"
    return error
