"""Health, backups, restoring and copying between databases, for real and on both of them."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import stat
import tarfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from config import database_url
from forum import create_app
from forum.base import backups, copies, files, history, letters
from forum.base.db import Base, db, prepare, transaction
from forum.base.letters import Kind, State
from forum.meetings.models import AgendaItem
from forum.members.models import Member
from forum.search.models import SearchEntry
from tests import builders
from tests.conftest import settings, unavailable
from tests.meetings.builders import item, meeting


@pytest.fixture
def full(demonstration):
    """The demonstration, an upload, and a letter that is still to go."""
    app = demonstration
    with app.app_context():
        with transaction():
            builders.theme("wales").title = "Wales and Cymru"
            stored = files.keep(b"name,email\n", "people.csv", [files.CSV], 1_000)
            letters.write(
                key="one", kind=Kind.NOTICE, to_name="Siân O’Linnet", to_address="sian@example.example",
                subject="Hello", text="Hello", html="<p>Hello</p>",
            )  # fmt: skip
        yield stored.sha256
    path = app.config["VAR"] / "files" / stored.sha256[:2] / stored.sha256
    path.unlink(missing_ok=True)


def rows() -> dict[str, int]:
    with db.engine.connect() as connection:
        return copies.counts(connection)


def contents(engine: sa.Engine) -> dict[str, list[tuple]]:
    """Every row of every table, as Python values."""
    with engine.connect() as connection:
        return {t.name: connection.execute(sa.select(t).order_by(*t.primary_key)).all() for t in copies.tables()}


@pytest.fixture
def elsewhere(tmp_path, request):
    """The address of an empty database of this kind, without tables."""

    def make(name: str) -> str:
        if name == "sqlite":
            url = f"sqlite:///{tmp_path}/other.db"
        else:
            server = request.getfixturevalue("postgresql_home")
            if server is None:
                unavailable("No PostgreSQL to copy to.")
            with server.admin.connect() as connection:
                connection.exec_driver_sql("DROP DATABASE IF EXISTS forum_copy WITH (FORCE)")
                connection.exec_driver_sql("CREATE DATABASE forum_copy")
            url = server.admin.url.set(database="forum_copy").render_as_string(hide_password=False)
        return url

    return make


# --- health ----------------------------------------------------------------------------------------------------------


def test_a_healthy_platform_says_so(run):
    assert "tables are up to date" in run("health").output


def test_old_tables_are_not_healthy(app, run):
    with app.app_context(), transaction():
        db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    said = run("health", status=1).output
    assert "revision 0001" in said
    assert "db upgrade" in said


def test_a_database_that_does_not_answer_is_not_healthy(tmp_path):
    (tmp_path / "forum.db").write_text("this is no database")
    app = create_app(**settings("sqlite:///:memory:", tmp_path))
    result = app.test_cli_runner().invoke(args=["health"])
    assert result.exit_code == 1
    assert "db upgrade" in result.output


# --- backup and restore ----------------------------------------------------------------------------------------------


def test_a_backup_brings_everything_back(app, run, full, tmp_path):
    archive = tmp_path / "forum.tar.gz"
    with app.app_context():
        before = contents(db.engine)
    run("backup", archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["forum.tar.gz"]
    upload = app.config["VAR"] / "files" / full[:2] / full
    upload.unlink()
    with app.app_context(), transaction():
        db.session.execute(sa.update(Member).values(name="Overwritten"))
        builders.member("Somebody new")

    assert "add --replace" in run("restore", archive, status=1).output.lower()
    assert "Letters that were still to go: 1" in run("restore", archive, "--replace").output

    assert upload.read_bytes() == b"name,email\n"
    with app.app_context():
        after = contents(db.engine)
        before.pop("letter")
        (letter,) = after.pop("letter")
        assert after == before
        assert (letter.state, letter.next_try_at, letter.to_name) == (State.HELD, None, "Siân O’Linnet")
        assert list(history.breaks()) == []
        assert builders.theme("wales").title == "Wales and Cymru"
        assert builders.member("Numbers go on").id > 121
        db.session.execute(sa.select(SearchEntry.id))


def test_a_backup_goes_into_a_new_database_without_asking(app, run, tmp_path):
    with app.app_context(), transaction():
        builders.theme("wales").title = "Cymru"
    run("backup", tmp_path / "b.tar.gz")
    with app.app_context(), transaction():
        builders.theme("wales").title = "Wales again"
    run("restore", tmp_path / "b.tar.gz")
    with app.app_context():
        assert builders.theme("wales").title == "Cymru"


def test_a_manifest_says_what_is_in_it(app, run, full, tmp_path):
    run("backup", tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        manifest = json.load(archive.extractfile("manifest.json"))
        names = archive.getnames()
    assert names == ["manifest.json", "forum.db", f"files/{full[:2]}/{full}"]
    assert (manifest["counts"]["member"], manifest["counts"]["reply"], manifest["files"]) == (121, 90, 1)
    with app.app_context():
        assert manifest["counts"] == rows()


def test_an_upload_that_is_gone_is_said_and_the_rest_is_kept(app, run, full, tmp_path):
    (app.config["VAR"] / "files" / full[:2] / full).unlink()
    assert "missing from the disk: people.csv" in run("backup", tmp_path / "b.tar.gz", status=1).output
    run("restore", tmp_path / "b.tar.gz", "--replace")


def test_an_upload_that_has_rotted_does_not_spoil_the_backup(app, run, full, tmp_path):
    (app.config["VAR"] / "files" / full[:2] / full).write_bytes(b"name,email\0")
    assert "damaged or missing from the disk: people.csv" in run("backup", tmp_path / "b.tar.gz", status=1).output
    run("restore", tmp_path / "b.tar.gz", "--replace")


def test_a_backup_is_not_written_over(run, tmp_path):
    run("backup", tmp_path / "b.tar.gz")
    assert "exists already" in run("backup", tmp_path / "b.tar.gz", status=1).output
    run("backup", tmp_path / "b.tar.gz", "--replace")


def test_a_backup_of_other_tables_is_refused_and_nothing_is_lost(app, run, cast, tmp_path):
    run("backup", tmp_path / "b.tar.gz")
    with app.app_context():
        before = contents(db.engine)
    _change_manifest(tmp_path / "b.tar.gz", revision="0000")
    assert "of revision 0000" in run("restore", tmp_path / "b.tar.gz", "--replace", status=1).output
    with app.app_context():
        assert contents(db.engine) == before


def test_a_backup_with_too_few_rows_is_taken_back(app, run, cast, tmp_path):
    run("backup", tmp_path / "b.tar.gz")
    with app.app_context():
        before = contents(db.engine)
    _change_manifest(tmp_path / "b.tar.gz", counts={})
    assert "not as many" in run("restore", tmp_path / "b.tar.gz", "--replace", status=1).output
    with app.app_context():
        assert contents(db.engine) == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "foreign"])
def test_a_damaged_backup_is_refused_in_a_sentence(run, tmp_path, damage):
    archive = tmp_path / "b.tar.gz"
    run("backup", archive)
    data = bytearray(archive.read_bytes())
    if damage == "cut":
        archive.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        data[len(data) // 2] ^= 0xFF
        archive.write_bytes(data)
    elif damage == "text":
        archive.write_text("hello")
    else:
        _change_manifest(archive, format="somebody-elses")
    said = run("restore", archive, "--replace", status=1).output
    assert "not a backup of this platform, or it is damaged" in said


def test_a_disk_that_cannot_be_written_to_is_not_called_a_damaged_backup(run, tmp_path, monkeypatch):
    (tmp_path / "a-file").write_text("in the way")
    said = run("backup", tmp_path / "a-file" / "b.tar.gz", status=1).output
    assert "could not be written" in said
    assert "choose another place" in said
    run("backup", tmp_path / "b.tar.gz")

    def full_disk(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(backups, "_save", full_disk)
    said = run("restore", tmp_path / "b.tar.gz", "--replace", status=1).output
    assert "No space left on device" in said
    assert "damaged" not in said


def test_an_archive_writes_nowhere_but_where_a_backup_has_files(run, tmp_path):
    run("backup", tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as evil:
        (tmp_path / "x").write_text("x")
        evil.add(tmp_path / "x", "../../escaped")
    assert "does not belong there" in run("restore", tmp_path / "evil.tar.gz", status=1).output
    assert not list(tmp_path.parent.glob("escaped"))


def test_an_archive_of_links_is_refused_in_a_sentence(run, tmp_path):
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as evil:
        link = tarfile.TarInfo("forum.db")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        evil.addfile(link)
    assert "forum.db is no file" in run("restore", tmp_path / "evil.tar.gz", status=1).output


def test_a_backup_made_while_people_write_is_whole(app, run, cast, tmp_path):
    """Somebody adds pairs of members, both or neither, all the while; no backup has half a pair."""
    stop = threading.Event()

    def write():
        while not stop.is_set():
            with app.app_context(), transaction():
                db.session.add_all([_plain_member(), _plain_member()])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            run("backup", tmp_path / f"{number}.tar.gz")
    finally:
        stop.set()
        writer.join()
    for number in range(3):
        with tarfile.open(tmp_path / f"{number}.tar.gz") as archive:
            archive.extract("forum.db", tmp_path / str(number), filter="data")
        with sqlite3.connect(tmp_path / str(number) / "forum.db") as copy:
            (members,) = copy.execute("SELECT count(*) FROM member").fetchone()
        copy.close()
        assert (members - 5) % 2 == 0


def _plain_member() -> Member:
    from forum.members.models import Notify, Role, Standing

    return Member(name="Pair", role=Role.MEMBER, standing=Standing.ACTIVE, notify=Notify.NONE)


def _change_manifest(archive: Path, **changes) -> None:
    folder = archive.parent / "unpacked"
    with tarfile.open(archive) as old:
        old.extractall(folder, filter="data")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))
    with tarfile.open(archive, "w:gz") as new:
        for name in ("manifest.json", "forum.db"):
            new.add(folder / name, name)


# --- from one database to another ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_everything_goes_into_another_database(app, run, full, elsewhere, tmp_path, kind):
    url = elsewhere(kind)
    run("database", "copy", "--to", url)
    other = create_app(**settings(database_url(url), tmp_path))
    with app.app_context():
        original = contents(db.engine)
    with other.app_context():
        assert contents(db.engine) == original
        assert list(history.breaks()) == []
        assert builders.member("Numbers go on").id == 122
        db.engine.dispose()
    assert "something in the other database" in run("database", "copy", "--to", url, status=1).output
    with other.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Member.id))) == 122
        db.session.remove()
        db.engine.dispose()


def test_what_cannot_be_copied_to_is_said_in_a_sentence(app, run, tmp_path):
    with app.app_context():
        own = db.engine.url.render_as_string(hide_password=False)
    assert "uses now" in run("database", "copy", "--to", own, status=1).output
    assert "no address of a database" in run("database", "copy", "--to", "nonsense", status=1).output
    gone = "postgresql://nobody@127.0.0.1:1/none"
    assert "cannot be used" in run("database", "copy", "--to", gone, status=1).output
    (tmp_path / "text.db").write_text("hello " * 1000)
    assert "cannot be used" in run("database", "copy", "--to", f"sqlite:///{tmp_path}/text.db", status=1).output


def test_a_copy_that_fails_half_way_leaves_the_other_database_empty(app, run, cast, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/other.db"
    monkeypatch.setattr(
        copies, "counts", lambda connection, real=copies.counts: {**real(connection), "x": id(connection)}
    )
    assert "taken back" in run("database", "copy", "--to", url, status=1).output
    with sqlite3.connect(tmp_path / "other.db") as other:
        assert other.execute("SELECT count(*) FROM member").fetchone() == (0,)
        assert other.execute("SELECT count(*) FROM theme").fetchone() > (0,)
    other.close()


def test_the_order_of_tables_holds_without_going_in_circles():
    names = [table.name for table in copies.tables()]
    for place, table in enumerate(copies.tables()):
        for key in table.foreign_keys:
            if key.column.table is table:  # its own rows are put in order
                continue
            assert names.index(key.column.table.name) < place, f"{table.name} points at a table that is copied later"


def test_an_item_copied_before_those_it_is_part_of_does_not_stop_the_copy(app, cast, tmp_path):
    with app.app_context():
        made = meeting(cast.sita)
        first, second = item(cast.sita, made, "A part"), item(cast.sita, made, "The whole")
        with transaction():
            db.session.get_one(AgendaItem, first).parent_id = second
        copy = sa.create_engine(f"sqlite:///{tmp_path / 'copy.db'}")
        prepare(copy)
        Base.metadata.create_all(copy)
        with copies.reading(db.engine) as source, copy.begin() as target:
            copies.copy(source, target)
            assert target.execute(sa.select(AgendaItem.parent_id).where(AgendaItem.id == first)).scalar() == second
        copy.dispose()


def test_whoever_was_signed_in_when_the_backup_was_made_signs_in_anew(app, run, visit, cast, tmp_path):
    browser = visit(cast.amina)
    assert browser.get("/").status_code == 200
    run("backup", tmp_path / "forum.tar.gz")
    run("restore", tmp_path / "forum.tar.gz", "--replace")
    assert browser.get("/").status_code == 302
