"""How migrations run: on the application's own engine unless another is given, in one transaction, on SQLite in batches."""

from importlib import import_module
from pathlib import Path

from alembic import context
from flask import current_app

from forum.base.db import Base, Moment, Words, expect_writing

BASE = ("forum.base.files", "forum.base.history", "forum.base.letters", "forum.base.inbox.models")
_rooms = Path(current_app.root_path).glob("*/models*")
ROOMS = tuple(f"forum.{path.parent.name}.models" for path in sorted(_rooms))
for module in BASE + ROOMS:
    import_module(module)


def include_object(_item, name, kind, reflected, _compare_to):
    """The full-text index is made by hand in its migration: comparing models with the database leaves it out."""
    by_hand = str(name).startswith("search_index") or name in {"document", "ix_search_entry_document"}
    return not (reflected and by_hand)


def render_item(kind, item, _autogen):
    """Our own types as the plain ones they are stored as: a migration does not change when the code does."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Words):
        return f"sa.String(length={item.impl.length})"
    return False


def run() -> None:
    expect_writing(True)
    engine = context.config.attributes.get("engine") or current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:  # a table rebuilt in a batch must not take the rows that point at it along
            connection.connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            include_object=include_object,
            render_item=render_item,
        )
        with context.begin_transaction():
            context.run_migrations()
        if sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"The migration would leave rows that point nowhere: {broken[:5]}")
        connection.commit()
        if sqlite:
            connection.connection.execute("PRAGMA foreign_keys=ON")


run()
