"""A database with people's words in it goes up and down the migrations and keeps them, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask_migrate import downgrade, upgrade

from forum import create_app
from forum.base.db import db, expect_writing
from tests.conftest import Server, settings, unavailable

FIRST = "0001"
AT = datetime(2016, 11, 15, 10, 30, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty(request, tmp_path):
    """An application on a database without a table, inside its context."""
    url, home = f"sqlite:///{tmp_path / 'forum.db'}", None
    if request.param == "postgresql":
        home = request.getfixturevalue("postgresql_home")
        if home is None:
            unavailable("No PostgreSQL: set TEST_DATABASE_URL or install its server (initdb, pg_ctl).")
        name = f"{home.name}_migrations"
        home._run(f'CREATE DATABASE "{name}"')
        url = Server._address(home.admin.url, name)
    app = create_app(**settings(url, tmp_path))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    expect_writing(False)
    if home:
        home._run(f'DROP DATABASE "{name}" WITH (FORCE)')


def adder(connection: sa.Connection) -> Callable[..., None]:
    """What adds a row to a table as it is now; every column that is not given is blank."""
    tables = sa.MetaData()
    tables.reflect(connection)

    def add(name: str, /, **given: object) -> None:
        blank = {"Text": "", "String": "", "VARCHAR": "", "TEXT": ""}
        row = {
            column.name: blank.get(type(column.type).__name__, 0)
            for column in tables.tables[name].columns
            if not column.nullable and column.name not in given
        }
        for column in tables.tables[name].columns:
            if column.name in row and isinstance(column.type, sa.DateTime):
                row[column.name] = AT
            if column.name in row and isinstance(column.type, sa.Boolean):
                row[column.name] = False
        connection.execute(tables.tables[name].insert().values(row | given))

    return add


def filled(connection: sa.Connection) -> None:
    """A row in tables that hang together: an organisation, a member, a thread, a reply, what can be found."""
    add = adder(connection)
    add("organisation", id=1, slug="canopy", name="Canopi Ieuenctid ŷ")
    add("member", id=1, name="Bryn Heron", organisation_id=1)
    add("feedback", id=1, title="Parents find out last", author_id=1, organisation_id=1)
    add("reply", id=1, feedback_id=1, author_id=1, body="Same here")
    add("search_entry", id=1, kind="feedback", thing_id=1, title="Parents find out last", text="second phone")


def test_a_filled_database_is_brought_up_to_date_and_keeps_everything(empty):
    upgrade(revision=FIRST)
    with db.engine.begin() as connection:
        filled(connection)
    upgrade()
    with db.engine.connect() as connection:
        said = connection.execute(sa.text("SELECT name FROM organisation WHERE id = 1")).scalar()
        assert said == "Canopi Ieuenctid ŷ"
        assert connection.execute(sa.text("SELECT count(*) FROM reply")).scalar() == 1
        assert connection.execute(sa.text("SELECT count(*) FROM police_force")).scalar() == 44
        found = {
            "sqlite": "SELECT rowid FROM search_index WHERE search_index MATCH 'phones'",
            "postgresql": "SELECT id FROM search_entry WHERE document @@ plainto_tsquery('english', 'phones')",
        }[connection.dialect.name]
        assert connection.execute(sa.text(found)).scalars().all() == [1]


def test_meetings_of_before_keep_their_people_and_go_on_inviting_everybody(empty):
    """Rebuilding a table on SQLite must not take along the rows that point at it."""
    upgrade(revision="0003")
    with db.engine.begin() as connection:
        filled(connection)
        add = adder(connection)
        add("meeting", id=1, kind="forum", mode="hybrid", stage="open", marking="OFFICIAL", ical_uid="u@forum.example")
        add("agenda_item", id=1, meeting_id=1, purpose="discussion", title="Words of welcome")
        add("invitation", id=1, meeting_id=1, member_id=1, answer="yes")
        add("invitation_reply", id=1, invitation_id=1, answer="yes", source="link")
    upgrade()
    with db.engine.connect() as connection:
        counts = {
            name: connection.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar()
            for name in ("meeting", "agenda_item", "invitation", "invitation_reply", "audience")
        }
        assert counts == dict.fromkeys(counts, 1)
        kept = connection.execute(sa.text("SELECT asks_replies, freeze_hours FROM meeting")).one()
        assert (bool(kept.asks_replies), kept.freeze_hours) == (True, 24)
        assert connection.execute(sa.text("SELECT kind FROM audience WHERE meeting_id = 1")).scalar() == "everyone"
    downgrade(revision="0003")
    with db.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM invitation_reply")).scalar() == 1


def test_the_last_migrations_can_be_taken_back_without_losing_words(empty):
    upgrade()
    with db.engine.begin() as connection:
        filled(connection)
    downgrade(revision=FIRST)
    with db.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT body FROM reply")).scalar() == "Same here"
    upgrade()


def test_the_priorities_have_the_published_wording(empty):
    upgrade()
    with db.engine.connect() as connection:
        titles = connection.execute(sa.text("SELECT title FROM priority ORDER BY position")).scalars().all()
    assert titles == [
        "Tackle county lines",
        "Protect vulnerable locations",
        "Reduce violence and knife crime",
        "Safeguard gang-associated women and girls",
        "Promote early intervention",
        "Promote meaningful alternatives to gangs",
    ]


def test_the_command_line_finds_that_models_and_migrations_agree(empty):
    upgrade()
    result = empty.test_cli_runner().invoke(args=["db", "check"])
    assert result.exit_code == 0, result.output


def test_a_command_on_a_database_without_tables_says_what_to_do(empty):
    result = empty.test_cli_runner().invoke(args=["census"])
    assert result.exit_code == 1
    assert "db upgrade" in result.output
