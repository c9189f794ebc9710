"""Makes docs/reference/sdk-python.md of what the package exports, by the prose of its sources.

`--check` says whether the page is what this makes, and writes nothing.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parents[1] / "src" / "entdb_sdk"
PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "reference" / "sdk-python.md"

_HEAD: Final = """<!-- Made by `sdk/python/scripts/reference.py`; do not edit. -->

# Python SDK: reference

Everything that `entdb_sdk` exports. How it is used, and what is promised, is in
[the guide](../sdk-python.md). `…` stands for what every read takes besides: `at_least`, a position
that the answer must not be older than (by default the newest that the client knows),
`consistency` (`"applied"`, or `"strong"`: with everything that was durable when the read began)
and `timeout`, in seconds.
"""

_SECTIONS: Final = {
    "The client": ("DbClient", "RetryPolicy", "Health"),
    "Types": (
        *("NodeTypeDef", "EdgeTypeDef", "FieldDef", "field", "UniqueKeyDef", "DefaultGrant"),
        *("SchemaRegistry", "validate_payload", "validate_or_raise"),
    ),
    "Transactions": (
        *("Plan", "Created", "Grant", "AtomicResult", "OperationResult", "Receipt", "RawJson"),
    ),
    "Reads": (
        *("Node", "Edge", "FoundNodes", "ConnectedNode", "SearchHit", "Highlight", "NodeGrants"),
        *("Paged", "Page", "where", "Filter"),
    ),
    "Watching": ("Watch", "Change"),
    "The event store": (
        *("ClientEventStore", "EventStore", "InMemoryEventStore", "Append", "NewEvent"),
        *("AppendCondition", "EventQuery", "Appended", "RecordedEvent", "EventFilter"),
        *("AggregateHead", "Subscription", "AggregateGrants"),
    ),
    "Aggregates and projections": (
        *("Aggregate", "command", "handles", "Repository", "Upcaster"),
        *("Snapshots", "Snapshot", "SnapshotStore", "InMemorySnapshotStore"),
        *("project", "project_into_graph", "correlated", "current_correlation", "Correlation"),
    ),
    "Mailboxes": ("MailboxItem", "MailboxHit"),
    "Schemas": (
        *("TenantSchema", "SchemaBuild", "SchemaCheck", "SchemaChange", "RegisteredSchema"),
        "SchemaDifference",
    ),
}
_BEHIND: Final = {"where": "Operand"}
"""What a function hands out that is shown with it."""

_READ_OPTIONS: Final = {"at_least", "consistency", "timeout"}

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Row:
    """A member of a class."""

    signature: str
    meaning: str
    name: str = ""
    """Of a method."""


def definitions() -> dict[str, _Definition]:
    """Every class and function of the package, by its name."""
    found: dict[str, _Definition] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_generated" in path.parts or path.name == "errors.py":
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, _Definition):
                found[node.name] = node
    return found


def exported() -> set[str]:
    """What stands in `__all__`, apart from the version and the module of errors."""
    for node in ast.parse((PACKAGE / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return set(names) - {"errors", "__version__"}
    raise RuntimeError("the package has no __all__")


def prose(node: ast.AST) -> str:
    """A docstring as Markdown."""
    assert isinstance(node, _Definition | ast.Module)
    return ast.get_docstring(node) or ""


def in_one_line(text: str) -> str:
    """For a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """As it is written, without self; what is awaited begins with await."""
    arguments = ast.parse(f"def f({ast.unparse(function.args)}): pass").body[0]
    assert isinstance(arguments, ast.FunctionDef)
    for group in (arguments.args.posonlyargs, arguments.args.args):
        if group and group[0].arg in {"self", "cls"}:
            del group[0]
    options = arguments.args
    is_read = {one.arg for one in options.kwonlyargs} >= _READ_OPTIONS
    if is_read:
        every = zip(options.kwonlyargs, options.kw_defaults, strict=True)
        left = [one for one in every if one[0].arg not in _READ_OPTIONS]
        options.kwonlyargs = [one for one, _ in left]
        options.kw_defaults = [default for _, default in left]
    text = ", ".join(filter(None, (ast.unparse(options), "…" if is_read else "")))
    is_property = any(ast.unparse(one) == "property" for one in function.decorator_list)
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    if is_property:
        return f"{function.name}{returns.replace(' ->', ':')}"
    is_iterator = "AsyncIterator" in returns
    await_ = "await " if isinstance(function, ast.AsyncFunctionDef) and not is_iterator else ""
    return f"{await_}{function.name}({text}){returns}"


def rows_of(definition: ast.ClassDef, known: dict[str, _Definition]) -> Iterator[Row]:
    """What a user of the class sees: its own, then what it has of its bases."""
    body = definition.body
    for node, behind in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            if not name.startswith("_"):
                default = f" = {ast.unparse(node.value)}" if node.value else ""
                meaning = ""
                if isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant):
                    meaning = str(behind.value.value)
                yield Row(f"{name}: {ast.unparse(node.annotation)}{default}", meaning)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith(
            "_"
        ):
            # Of a method that takes several forms they are shown, not what carries them out.
            forms = [one for one in body if getattr(one, "name", "") == node.name]
            if len(forms) == 1 or node is not forms[-1]:
                meaning = prose(forms[-1]) or inherited(node.name, definition, known)
                yield Row(signature(node), meaning, node.name)
    own = {getattr(node, "name", "") for node in body}
    for base in definition.bases:
        mixin = known.get(ast.unparse(base).split("[")[0])
        if isinstance(mixin, ast.ClassDef):
            yield from (row for row in rows_of(mixin, known) if row.name not in own)


def inherited(name: str, definition: ast.ClassDef, known: dict[str, _Definition]) -> str:
    """What the bases say of a method that says nothing of itself."""
    for base in definition.bases:
        behind = known.get(ast.unparse(base))
        for node in behind.body if isinstance(behind, ast.ClassDef) else ():
            if isinstance(node, _Definition) and node.name == name:
                return prose(node)
    return ""


def table(head: str, rows: list[Row]) -> str:
    """A table, or nothing."""
    if not rows:
        return ""
    lines = [f"| {head} | meaning |", "| --- | --- |"]
    lines += [f"| `{in_one_line(row.signature)}` | {in_one_line(row.meaning)} |" for row in rows]
    return "\n".join(lines)


def section(name: str, known: dict[str, _Definition]) -> Iterator[str]:
    """A name's part of the page."""
    definition = known[name]
    yield f"### {name}"
    if not isinstance(definition, ast.ClassDef):
        yield f"`{in_one_line(signature(definition))}`"
        yield prose(definition)
        handed_out = known.get(_BEHIND.get(name) or "")
        if isinstance(handed_out, ast.ClassDef):
            yield table("then", list(rows_of(handed_out, known)))
        return
    for node in definition.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__" and prose(node):
            arguments = signature(node).removeprefix("__init__").removesuffix(" -> None")
            yield f"`{name}{in_one_line(arguments)}`"
            yield prose(definition)
            yield prose(node)
            break
    else:
        yield prose(definition)
    yield table("member", list(rows_of(definition, known)))


def errors() -> Iterator[str]:
    """The classes of `entdb_sdk.errors`, with what each is a kind of."""
    module = ast.parse((PACKAGE / "errors.py").read_text())
    yield "## Errors"
    yield prose(module)
    lines = ["| class | is a | when |", "| --- | --- | --- |"]
    known: dict[str, ast.ClassDef] = {}
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.bases:
            bases = ", ".join(f"`{ast.unparse(base)}`" for base in node.bases)
            lines.append(f"| `{node.name}` | {bases} | {in_one_line(prose(node))} |")
        if isinstance(node, ast.ClassDef):
            known[node.name] = node
    yield "\n".join(lines)
    yield "### EntDbError"
    yield table("member", list(_attributes_of(known["EntDbError"])))
    for name, definition in known.items():
        rows = list(rows_of(definition, {}))
        if rows and name != "EntDbError":
            yield f"### {name}"
            yield table("member", rows)


def _attributes_of(definition: ast.ClassDef) -> Iterator[Row]:
    """What the constructor sets, with the text behind each."""
    init = next(node for node in definition.body if isinstance(node, ast.FunctionDef))
    annotations = {
        one.arg: ast.unparse(one.annotation)
        for one in (*init.args.args, *init.args.kwonlyargs)
        if one.annotation is not None
    }
    for node, behind in zip(init.body, [*init.body[1:], None], strict=True):
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        assert isinstance(target, ast.Attribute)
        if isinstance(node, ast.AnnAssign):
            annotation = ast.unparse(node.annotation)
        else:
            annotation = annotations[target.attr]
        meaning = ""
        if isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant):
            meaning = str(behind.value.value)
        yield Row(f"{target.attr}: {annotation}", meaning)


def page() -> str:
    """The whole page. Raises RuntimeError when a section is missing for something exported."""
    known = definitions()
    placed = {name for names in _SECTIONS.values() for name in names}
    if placed != exported():
        raise RuntimeError(f"without a section, or not exported: {sorted(placed ^ exported())}")
    parts = [_HEAD.strip()]
    for title, names in _SECTIONS.items():
        parts.append(f"## {title}")
        for name in names:
            parts += [part for part in section(name, known) if part]
    parts += [part for part in errors() if part]
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Writes the page, or looks whether it is as it should be."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page())
        return 0
    if PAGE.is_file() and PAGE.read_text() == page():
        return 0
    sys.stderr.write(f"{PAGE} is not what the sources make: run {Path(__file__).name}.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
