"""Payloads checked against their type, before anything is sent.

What is checked here the server checks again, against the tenant's schema at the write's own
place in the log. This is for programs that want to know earlier, and for the nearest names.
"""

from __future__ import annotations

from collections.abc import Mapping

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


def _unknown(type_def: TypeDef, name: object) -> Violation:
    text = name if isinstance(name, str) else repr(name)
    if text in RESERVED_NAMES:
        message = f"{text} is written by the server."
        return Violation(text, "SERVER_OWNED_FIELD", message, "Leave it out of the payload.")
    near = suggest(text, type_def.fields_by_name)
    known = ", ".join(list(type_def.fields_by_name)[:20]) or "none"
    message = f"{type_def.name} has no field {text!r}."
    hint = did_you_mean(near, f"Its fields: {known}.")
    return Violation(text, "FIELD_UNKNOWN", message, hint, near)


def _required(one: FieldDef, problem: str) -> Violation:
    hint = 'Give it a value; 0, False and "" are values.'
    return Violation(one.name, "FIELD_REQUIRED", f"{one.name} {problem}.", hint)


def _error(type_def: TypeDef, violations: list[Violation]) -> ValidationError:
    first = next((one for one in violations if one.reason == "FIELD_UNKNOWN"), violations[0])
    others = len(violations) - 1
    message = first.message if others == 0 else f"{first.message} (and {others} more)"
    details = {"field": first.field, "type": type_def.name}
    if first.reason != "FIELD_UNKNOWN":
        return invalid(first.reason, message, first.hint, violations=violations, details=details)
    error = UnknownFieldError(
        message, reason=first.reason, code="invalid_argument", hint=first.hint, details=details
    )
    error.violations = tuple(violations)
    error.field_name = first.field
    error.suggestions = first.suggestions
    return error
