"""The two databases, the cast, and how tests come in.

Every test that asks for `app` runs twice: on SQLite and on PostgreSQL; those of pages (tests/web) on one of the two,
half of them on each, unless FORUM_EVERY=1 (docs/decisions/0017). PostgreSQL is the server of TEST_DATABASE_URL, or
a throw-away cluster made from installed binaries, or skipped with a reason. FORUM_REQUIRE_ALL=1 makes skips failures.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from forum import create_app
from forum.base import letters
from forum.base.db import db, expect_writing
from forum.base.letters import delivering
from forum.base.letters.answers import Outcome
from forum.members.models import Member
from tests import builders, postgresql
from tests.builders import Cast

# A time limit for each example only tells how busy the machine is.
hypothesis.settings.register_profile("forum", deadline=None)
hypothesis.settings.load_profile("forum")

REQUIRE_ALL = bool(os.environ.get("FORUM_REQUIRE_ALL"))
EVERY = bool(os.environ.get("FORUM_EVERY"))
PASSWORD = "a long test password"


def unavailable(reason: str) -> None:
    """Skip because this machine lacks something; in CI that is a failure."""
    if REQUIRE_ALL:
        pytest.fail(f"{reason} FORUM_REQUIRE_ALL is set, so this may not be skipped.", pytrace=False)
    pytest.skip(reason)


def settings(url: str, var: Path) -> dict[str, Any]:
    return {
        "TESTING": True,
        "SQLALCHEMY_DATABASE_URI": url,
        "SECRET_KEY": "for tests only, and long enough for them",
        "VAR": var,
        "PUBLIC_URL": "https://forum.example",
        "MAIL_SERVER": "",
        "MAIL_SENDER": "EGVE Forum secretariat <forum@egve-forum.example>",
        "MAIL_PER_SECOND": 0,
        "MAIL_BOUNCES": False,
        "MAIL_AUTHSERV_ID": "",
        "MAIL_REPLIES": False,
        "IMAP_SERVER": "",
        "NAME_LONE_ORGANISATIONS": True,
        "SESSION_COOKIE_SECURE": False,
        "WTF_CSRF_ENABLED": False,
        "REDIS_URL": "",
        "SCANNER": "",
    }


def keep_templates(app: Flask) -> None:
    """Templates are compiled once for all applications and for the next run, not once for each."""
    folder = Path(tempfile.gettempdir(), f"forum-test-templates-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(folder))


# --- which test when and where ---------------------------------------------------------------------------------------

# Begun first: a long one that is begun last is waited for by everybody.
OF_PAGES = ("tests/web/", "tests/journeys/", "tests/test_unattributed")
LONG = ("tests/browser", "tests/test_bad_input", "tests/test_unattributed", "tests/base/test_letters_delivered")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On which databases a test runs that does not say so itself."""
    own = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "app" not in metafunc.fixturenames or "app" in own:
        return
    names, place = ["sqlite", "postgresql"], metafunc.definition.nodeid
    if place.startswith(OF_PAGES) and not EVERY:
        names = [names[zlib.crc32(place.encode()) % 2]]
    marks = {"postgresql": [pytest.mark.postgresql]}
    params = [pytest.param(name, marks=marks.get(name, []), id=name) for name in names]
    metafunc.parametrize("app", params, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first; those of the browser by one worker, which looks at what several people see once."""
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.xdist_group("browser"))
    items.sort(key=lambda item: next((at for at, name in enumerate(LONG) if item.nodeid.startswith(name)), len(LONG)))


def _migrate(app: Flask) -> None:
    from flask_migrate import upgrade

    with app.app_context():
        upgrade()
        expect_writing(False)
        db.engine.dispose()


def load_demonstration(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo", "load"])
    assert result.exit_code == 0, result.output


def make_cast(app: Flask) -> None:
    with app.app_context():
        builders.cast(PASSWORD)


class Embedded:
    """SQLite: a migrated file, copied afresh for every test; in memory where the machine has a place for that."""

    def __init__(self, folder: Path) -> None:
        self.file, self.plain = folder / "forum.db", folder / "plain.db"
        self.app = create_app(**settings(f"sqlite:///{self.file}", folder))
        keep_templates(self.app)
        _migrate(self.app)
        self._keep(self.plain)

    def _keep(self, path: Path) -> None:
        with closing(sqlite3.connect(self.file)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)

    def refresh(self, template: Path | None = None) -> None:
        with self.app.app_context():
            db.engine.dispose()
        for leftover in self.file.parent.glob("forum.db*"):
            leftover.unlink()
        shutil.copyfile(template or self.plain, self.file)

    def filled(self, name: str, fill: Callable[[Flask], object]) -> Path:
        """A template that holds what `fill` puts there."""
        self.refresh()
        fill(self.app)
        path = self.file.with_name(f"{name}.db")
        self._keep(path)
        return path

    @cached_property
    def demonstration(self) -> Path:
        return self.filled("demonstration", load_demonstration)

    @cached_property
    def cast(self) -> Path:
        return self.filled("people", make_cast)

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


class Server:
    """PostgreSQL: a migrated database, emptied before every test and given back the lists it was made with.

    Making a database afresh takes 0.2 s, emptying one 0.01.
    """

    def __init__(self, folder: Path, url: sa.URL, worker: str) -> None:
        self.admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        self.name = f"forum_test_{worker}"
        self._run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        self._run(f'CREATE DATABASE "{self.name}"')
        address = self._address(url, self.name)
        self.app = create_app(**settings(address, folder))
        keep_templates(self.app)
        _migrate(self.app)
        self.own = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self.plain = self._keep("lists")

    @staticmethod
    def _address(url: sa.URL, name: str) -> str:
        return url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self.admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def _keep(self, schema: str) -> str:
        """Keep the rows there are aside, in this schema; gives the script that brings the database back to them."""
        inspector = sa.inspect(self.own)
        names = inspector.get_table_names()
        script = ["SET session_replication_role = replica"]  # no foreign key is checked while it runs
        with self.own.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
            for name in names:
                script.append(f'DELETE FROM "{name}"')
                columns = [column for column in inspector.get_columns(name) if "computed" not in column]
                words = ", ".join(f'"{column["name"]}"' for column in columns)
                has_id = any(column["name"] == "id" and isinstance(column["type"], sa.Integer) for column in columns)
                last = "max(id)" if has_id else "count(*)"
                kept = connection.exec_driver_sql(f'SELECT {last} FROM "{name}"').scalar() or 0
                if kept:
                    connection.exec_driver_sql(f'CREATE TABLE {schema}."{name}" AS SELECT {words} FROM "{name}"')
                    script.append(f'INSERT INTO "{name}" ({words}) SELECT {words} FROM {schema}."{name}"')
                if has_id:
                    script.append(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {kept + 1}, false)")
        return "; ".join(script)

    def filled(self, name: str, fill: Callable[[Flask], object]) -> str:
        """The script that brings back what `fill` puts there."""
        self.refresh()
        fill(self.app)
        return self._keep(name)

    @cached_property
    def demonstration(self) -> str:
        return self.filled("demonstration", load_demonstration)

    @cached_property
    def cast(self) -> str:
        return self.filled("people", make_cast)

    def refresh(self, script: str = "") -> None:
        with self.app.app_context():
            db.engine.dispose()
        self._run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'")
        with self.own.connect() as connection:
            connection.exec_driver_sql(script or self.plain)

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        self._run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        self.admin.dispose()


@pytest.fixture(scope="session")
def sqlite_home() -> Iterator[Embedded]:
    memory = Path("/dev/shm")  # saves the wait for the disk at every commit
    with TemporaryDirectory(prefix="forum-test-", dir=memory if os.access(memory, os.W_OK) else None) as folder:
        home = Embedded(Path(folder))
        yield home
        home.close()


@pytest.fixture(scope="session")
def postgresql_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Server | None]:
    with postgresql.server() as url:
        if url is None:
            yield None
            return
        home = Server(tmp_path_factory.mktemp("postgresql"), url, worker_id)
        yield home
        home.close()


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Flask:
    """The application on a fresh, migrated database. No context is open: every request gets its own."""
    home = request.getfixturevalue(f"{request.param}_home")
    if home is None:
        unavailable("No PostgreSQL: set TEST_DATABASE_URL or install its server (initdb, pg_ctl).")
    home.refresh(home.cast if "cast" in request.fixturenames else home.plain)
    home.app.extensions.pop("forum.demonstration", None)
    return home.app


@pytest.fixture
def demonstration(app: Flask, request: pytest.FixtureRequest) -> Flask:
    """The application, with the demonstration in its database."""
    home = request.getfixturevalue(f"{request.node.callspec.params['app']}_home")
    home.refresh(home.demonstration)
    return app


@pytest.fixture
def embedded(sqlite_home: Embedded) -> Flask:
    """The application on SQLite alone, for tests in which the database plays no part."""
    sqlite_home.refresh()
    sqlite_home.app.extensions.pop("forum.demonstration", None)
    return sqlite_home.app


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """Inside the application, for tests of commands and queries without HTTP."""
    with app.app_context():
        yield app
        db.session.rollback()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Amina (police), Bryn (charity), Sita (secretariat), Olu (official) and Ada (admin), already members."""
    with app.app_context():
        return builders.cast_again()


Visit = Callable[[Member | None], FlaskClient]


@pytest.fixture
def visit(app: Flask) -> Visit:
    """A browser of its own for somebody of the cast, signed in; `visit(None)` is a stranger's."""

    def open_browser(person: Member | None) -> FlaskClient:
        browser = app.test_client()
        if person is not None:
            page = browser.post("/sign-in", data={"email": person.email, "password": PASSWORD})
            assert page.status_code == 302, page.text
        return browser

    return open_browser


@pytest.fixture
def statements(app: Flask) -> Callable[[], Any]:
    """`with statements() as seen:` collects the SQL statements that reach the database, BEGIN and COMMIT left out."""

    @contextmanager
    def watch() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.upper().startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
                seen.append(statement)

        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    return watch


@pytest.fixture
def leaving(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Delivers what is due; subject, text and HTML of each letter as it left."""
    left: list[str] = []

    class Keeping:
        def carry(self, letter: letters.Letter, _message: Any) -> Outcome:
            left.append("\n".join((letter.subject, letter.text, letter.html)))
            return Outcome(letters.State.SENT)

        def close(self) -> None: ...

    def deliver() -> list[str]:
        left.clear()
        letters.deliver_due()
        return list(left)

    monkeypatch.setattr(delivering, "_carrier", Keeping)
    return deliver
