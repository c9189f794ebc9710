"""The nearest names for a name that was not found, as the server reckons them."""

from __future__ import annotations

from collections.abc import Iterable

MAX_SUGGESTIONS = 3
# Longer than any name: not worth comparing, and the comparison is quadratic.
MAX_COMPARED_CHARS = 64


def suggest(wanted: str, names: Iterable[str]) -> tuple[str, ...]:
    """Up to three names, nearest first: within a third of the length in keystrokes, at most 3."""
    if not 0 < len(wanted) <= MAX_COMPARED_CHARS:
        return ()
    allowed = min(3, max(1, len(wanted) // 3))
    near: list[tuple[int, str]] = []
    for name in names:
        if abs(len(name) - len(wanted)) <= allowed:
            distance = _edit_distance(wanted.lower(), name.lower())
            if distance <= allowed:
                near.append((distance, name))
    return tuple(name for _, name in sorted(near)[:MAX_SUGGESTIONS])


def did_you_mean(suggestions: tuple[str, ...], otherwise: str) -> str:
    return f"Did you mean {' or '.join(suggestions)}?" if suggestions else otherwise


def _edit_distance(a: str, b: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that turn one into the other."""
    two_ago: list[int] = []
    previous = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        row = [i]
        for j, right in enumerate(b, 1):
            best = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                best = min(best, two_ago[j - 2] + 1)
            row.append(best)
        two_ago, previous = previous, row
    return previous[len(b)]
