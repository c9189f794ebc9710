"""Aggregates: what decides, and remembers by its events alone.

Commands look at the state and emit events, or raise; handlers of events change the state, and
nothing else does. So what was loaded from a store and what has just been decided are the same
thing.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Concatenate, Final, Literal, ParamSpec, TypeVar

from ..errors import ValidationError, invalid
from .event import NewEvent, RecordedEvent, as_recorded

_MARK: Final = "__entdb_handles__"

_P = ParamSpec("_P")
_R = TypeVar("_R")
_A = TypeVar("_A", bound="Aggregate")
_Method = TypeVar("_Method", bound=Callable[..., None])


def handles(event_type: str) -> Callable[[_Method], _Method]:
    """Marks the method that handles events of a type: it changes the aggregate's state and does
    nothing else. It is given what the event says, and, where it takes a second argument, the
    event as it was recorded, or None for one that is not yet."""

    def mark(method: _Method) -> _Method:
        _refuse_async(method, "a handler of events")
        setattr(method, _MARK, (*getattr(method, _MARK, ()), event_type))
        return method

    return mark


def command(
    method: Callable[Concatenate[_A, _P], _R],
) -> Callable[Concatenate[_A, _P], _R]:
    """Marks a command: it looks at the state, and emits events or raises. It is not async: what
    it has to know of elsewhere is handed to it."""
    _refuse_async(method, "a command")

    @functools.wraps(method)
    def run(self: _A, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        return recording_of(self).command(lambda: method(self, *args, **kwargs))

    return run


class Aggregate:
    """The base of aggregates. Mark handlers with `@handles`, and commands with `@command`."""

    __handlers: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401
        super().__init_subclass__(**options)
        cls.__handlers = _handlers_of(cls)

    def __init__(self, id: str) -> None:
        self.id = id
        self.__recording = Recording(self, self.__handlers)

    @property
    def nonce(self) -> int:
        """The place of the last event that is recorded; 0: there is none."""
        return self.__recording.nonce

    @property
    def exists(self) -> bool:
        """Whether any event is recorded or emitted."""
        return self.nonce > 0 or bool(self.__recording.emitted)

    @property
    def emitted(self) -> tuple[NewEvent, ...]:
        """What was emitted and is not recorded yet, in order."""
        return tuple(self.__recording.emitted)

    def emit(self, event: str | NewEvent, data: object = None) -> None:
        """Says that something has happened: handled at once, recorded when the aggregate is
        saved. Takes a type and what the event says, as JSON, or a whole event. Only for commands.

        Raises ValidationError elsewhere, and for a type that nothing handles.
        """
        self.__recording.emit(NewEvent(event, data) if isinstance(event, str) else event)


class Recording:
    """The events of one aggregate, for its repository: those that are recorded, and those that
    are not yet."""

    def __init__(self, aggregate: Aggregate, handlers: dict[str, str]) -> None:
        self._aggregate = aggregate
        self._handlers = handlers
        self._doing: Literal["nothing", "command", "handler"] = "nothing"
        self._broken = False
        self.nonce = 0
        self.emitted: list[NewEvent] = []

    def emit(self, event: NewEvent) -> None:
        if self._doing != "command":
            hint = "Emit in methods marked @command."
            raise _misuse(f"{event.type} is emitted outside of a command.", hint)
        event = as_recorded(event)
        self._handle(event.type, event.data, None)
        self.emitted.append(event)

    def command(self, run: Callable[[], _R]) -> _R:
        """Carries out a command. One that raises after it emitted leaves an aggregate that cannot
        be saved."""
        if self._doing == "handler":
            hint = "Let handlers change state alone."
            raise _misuse("A handler of an event gives a command.", hint)
        outer, emitted = self._doing, len(self.emitted)
        self._doing = "command"
        try:
            return run()
        except BaseException:
            self._broken |= len(self.emitted) > emitted
            raise
        finally:
            self._doing = outer

    def replay(self, event: RecordedEvent) -> None:
        """Takes what is recorded, in order."""
        self._handle(event.type, event.data, event)
        self.nonce = event.aggregate_nonce

    def pending(self) -> list[NewEvent]:
        """What is to be recorded. Raises ValidationError when a command broke off in the middle."""
        if self._broken:
            raise _misuse(
                f"A command of {self._aggregate.id} emitted events and then raised.",
                "Load the aggregate again: its state is of a command that did not happen.",
            )
        return self.emitted

    def recorded(self, last_nonce: int) -> None:
        """Everything emitted is recorded."""
        self.nonce = last_nonce
        self.emitted = []

    def _handle(self, event_type: str, data: object, event: RecordedEvent | None) -> None:
        name = self._handlers.get(event_type)
        if name is None:
            kind = type(self._aggregate).__name__
            raise _misuse(f"{kind} handles no {event_type}.", "Mark a method with @handles.")
        handler = getattr(self._aggregate, name)
        outer, self._doing = self._doing, "handler"
        try:
            handler(*(data, event)[: _arguments_of(handler.__func__)])
        finally:
            self._doing = outer


def recording_of(aggregate: Aggregate) -> Recording:
    """An aggregate's recording, which its subclasses' own names cannot hide."""
    recording: Recording | None = getattr(aggregate, "_Aggregate__recording", None)
    if recording is None:
        kind = type(aggregate).__name__
        raise _misuse(f"{kind} does not call Aggregate.__init__.", "Call super().__init__(id).")
    return recording


@functools.cache
def _arguments_of(handler: Callable[..., object]) -> int:
    """1 when it takes what the event says, 2 when it also takes the event."""
    parameters = list(inspect.signature(handler).parameters.values())[1:]
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(one.kind in by_place for one in parameters)


def _handlers_of(cls: type) -> dict[str, str]:
    """Names of methods by what they handle. A subclass that overrides a method need not mark it
    again."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        for name, member in vars(base).items():
            for event_type in getattr(member, _MARK, ()):
                if found.setdefault(event_type, name) != name:
                    hint = "Keep one of them."
                    raise _misuse(f"Two methods of {cls.__name__} handle {event_type}.", hint)
    return found


def _refuse_async(method: Callable[..., object], what: str) -> None:
    if inspect.iscoroutinefunction(method):
        raise TypeError(f"{what} is a method that is not async: await before it")


def _misuse(message: str, hint: str) -> ValidationError:
    return invalid("INVALID_REQUEST", message, hint)
