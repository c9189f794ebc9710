"""Words of ours as numbers of the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from .._suggest import did_you_mean, suggest
from ..errors import invalid

_Word = TypeVar("_Word", bound=str)
_Number = TypeVar("_Number")


def choose(table: Mapping[_Word, _Number], word: _Word, what: str) -> _Number:
    """The number of a word. Raises ValidationError (INVALID_REQUEST) with the nearest words."""
    number = table.get(word)
    if number is not None:
        return number
    hint = did_you_mean(suggest(str(word), table), f"Use one of {', '.join(table)}.")
    raise invalid("INVALID_REQUEST", f"{what}: {word!r} is none of its words.", hint)
