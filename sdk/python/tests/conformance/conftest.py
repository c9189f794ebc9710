"""Counts what the cases came to, and says so at the end of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pytest


@dataclass
class Tally:
    """What was run, and passed."""

    cases: int = 0
    steps: int = 0


_TALLY: Final = pytest.StashKey[Tally]()


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> Tally:
    return pytestconfig.stash.setdefault(_TALLY, Tally())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    counted = config.stash.get(_TALLY, None)
    if counted is not None:
        terminalreporter.write_line(f"conformance: {counted.cases} cases, {counted.steps} steps")
