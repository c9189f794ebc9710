"""Whether what came is what a case expects.

Of an object only what is named is looked at, except below `fields` and `metadata`, where
everything must be as written. Lists must be whole and in order. A thing with an id may be
expected by its name alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

_WHOLE = ("fields", "metadata")


def difference(
    expected: Any,  # noqa: ANN401
    actual: Any,  # noqa: ANN401
    path: str = "result",
    whole: bool = False,
) -> str | None:
    """What is otherwise, as `path: …`; None when all is as expected."""
    if isinstance(expected, Mapping):
        if "$any" in expected:
            return f"{path}: is not there" if actual is None else None
        if "$numbers" in expected:
            return difference(_numbers(*expected["$numbers"]), actual, path)
        if "$match" in expected:
            matches = isinstance(actual, str) and re.search(expected["$match"], actual)
            return None if matches else _otherwise(path, expected, actual)
        return _of_objects(expected, actual, path, whole)
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return _otherwise(path, expected, actual)
        found = (
            difference(one, actual[at], f"{path}[{at}]", whole) for at, one in enumerate(expected)
        )
        return next((one for one in found if one is not None), None)
    if isinstance(expected, str) and isinstance(actual, Mapping):
        actual = actual.get("is")
    return None if _same(expected, actual) else _otherwise(path, expected, actual)


def _of_objects(
    expected: Mapping[str, Any],
    actual: Any,  # noqa: ANN401
    path: str,
    whole: bool,
) -> str | None:
    if not isinstance(actual, Mapping):
        return _otherwise(path, expected, actual)
    for name, value in expected.items():
        below = whole or name in _WHOLE
        found = difference(value, actual.get(name), f"{path}.{name}", below)
        if found is not None:
            return found
    extra = [name for name in actual if name not in expected]
    return f"{path}.{extra[0]}: is there, and should not be" if whole and extra else None


def only_member(result: Any, member: str | None) -> Any:  # noqa: ANN401
    """Of each item of a list only one member."""
    return result if member is None else [one[member] for one in result]


def _numbers(first: int, last: int) -> list[int]:
    """From the first to the last one, up or down."""
    step = 1 if first <= last else -1
    return list(range(first, last + step, step))


def _same(expected: object, actual: object) -> bool:
    """True is no 1, and -0 no 0."""
    if isinstance(expected, bool) != isinstance(actual, bool) or expected != actual:
        return False
    if isinstance(expected, float) and isinstance(actual, float):
        return math.copysign(1, expected) == math.copysign(1, actual)
    return True


def _otherwise(path: str, expected: object, actual: object) -> str:
    return f"{path}: expected {repr(expected)[:800]}, got {repr(actual)[:800]}"
