"""The house stays a house: floors, drawers, one committer, and no Flask below the doors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FORUM = Path(__file__).resolve().parents[1] / "forum"
FLOORS = [
    ["base"],
    ["reference"],
    ["members"],
    ["actions"],
    ["meetings"],
    ["minutes"],
    ["feedback"],
    ["challenges"],
    ["programme"],
    ["summaries"],
    ["search"],
    ["digests"],
    ["census"],
    ["demonstration"],
    ["web", "api", "cli", "worker"],
]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
DOORS = FLOORS[-1]
DRAWERS = ["models", "rules", "queries", "commands", "exports"]
# What a drawer may open within its own room; exports stand beside and read rows.
MAY_OPEN = {
    "models": {"models"},
    "rules": {"models", "rules"},
    "queries": {"models", "rules", "queries"},
    "commands": {"models", "rules", "queries", "commands", "exports"},
    "exports": {"models", "rules", "queries", "exports"},
}
FRAMEWORK = {"flask", "flask_login", "flask_wtf", "wtforms", "werkzeug", "flask_mail", "flask_sqlalchemy", "click"}
FILES = sorted(path for path in FORUM.rglob("*.py") if path != FORUM / "__init__.py")
IN_ROOMS = [path for path in FILES if path.relative_to(FORUM).parts[0].removesuffix(".py") not in {*DOORS, "base"}]


def place(path: Path) -> tuple[str, str]:
    """Room and drawer of a file: ("meetings", "commands") for meetings/commands/inviting.py."""
    parts = [part.removesuffix(".py") for part in path.relative_to(FORUM).parts]
    return parts[0], parts[1] if len(parts) > 1 else ""


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Every module a file imports, also within functions: ("forum", "meetings", "models")."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = tuple(node.module.split("."))
            yield from ((*module, alias.name) for alias in node.names)


def name(path: Path) -> str:
    return path.relative_to(FORUM).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_only_go_down(path):
    room, drawer = place(path)
    for module in imports(path):
        if module[0] != "forum" or len(module) < 2 or module[1] not in FLOOR:
            continue
        other = module[1]
        assert FLOOR[other] <= FLOOR[room], f"{name(path)} reaches up to {'.'.join(module)}"
        assert other == room or FLOOR[other] < FLOOR[room], f"{name(path)} reaches across to {'.'.join(module)}"
        if other == room and drawer in MAY_OPEN and len(module) > 2 and module[2] in DRAWERS:
            assert module[2] in MAY_OPEN[drawer], f"{name(path)}: {drawer} may not know {module[2]}"


@pytest.mark.parametrize("path", IN_ROOMS, ids=name)
def test_a_room_has_only_the_known_drawers_and_no_framework(path):
    room, drawer = place(path)
    assert room in FLOOR, f"{room} is no room of this house"
    assert drawer in {*DRAWERS, "__init__"}, f"{name(path)} is no drawer: {', '.join(DRAWERS)}"
    for module in imports(path):
        assert module[0] not in FRAMEWORK, f"{name(path)} imports {module[0]}: that belongs in a door or in base"
        assert module[-1] != "transaction", f"{name(path)}: a transaction is opened in the doors only"


@pytest.mark.parametrize("path", [p for p in FILES if place(p)[1] == "rules"], ids=name)
def test_rules_are_pure(path):
    for module in imports(path):
        assert module[:3] not in {("forum", "base", "db"), ("forum", "base", "clock"), ("forum", "base", "history")}


@pytest.mark.parametrize("path", [p for p in FILES if place(p)[0] == "web"], ids=name)
def test_pages_hold_no_sql(path):
    if path.name in {"furniture.py", "health.py"}:  # a database that does not answer is their business
        return
    for module in imports(path):
        assert module[0] != "sqlalchemy", f"{name(path)}: reading belongs in queries, changing in commands"


def test_one_place_commits():
    for path in FILES:
        if name(path) == "base/db.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "commit":
                pytest.fail(f"{name(path)}:{node.lineno} commits: open a transaction() in a door instead")
