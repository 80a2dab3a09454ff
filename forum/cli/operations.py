"""`flask --app wsgi health`, `backup`, `restore` and `database copy`: looking after the platform and its data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app

import config
from forum.base import backups, clock, copies, letters, scanning
from forum.base.db import Base, db, expect_writing, prepare, transaction
from forum.base.errors import Rejected
from forum.cli import schema
from forum.feedback.queries import attaching
from forum.members.commands import signing_in

HELD = "Held because it comes out of a backup: it may have been sent since the backup was made."


@contextmanager
def _progress(label: str, rows: int) -> Iterator[copies.Told]:
    """A bar on a terminal, the label alone elsewhere."""
    with click.progressbar(length=rows, label=label, show_pos=True) as bar:
        yield bar.update


def _lists() -> set[str]:
    """The tables that migrations fill: a new database has rows in these and nowhere else."""
    mappers = Base.registry.mappers
    return {m.class_.__tablename__ for m in mappers if m.class_.__module__ == "forum.reference.models"}


def _rows() -> int:
    with copies.reading(db.engine) as connection:
        return sum(copies.counts(connection).values())


# --- health ----------------------------------------------------------------------------------------------------------


@click.command(
    "health",
    help="Whether the platform can work: its database, its tables, its folder, its letters, its virus scanner.",
)
def health() -> None:
    schema.check()
    click.echo("The database answers and its tables are up to date.")
    folder: Path = current_app.config["VAR"]
    if not os.access(folder, os.W_OK):
        raise Rejected(f"{folder} cannot be written to. Make it writable, or set VAR.")
    click.echo(f"{folder} can be written to.")
    oldest = letters.oldest_waiting()
    click.echo(
        f"The oldest letter still to go is of {clock.show_moment(oldest)}." if oldest else "No letter is waiting."
    )
    _tell_of_scanner()


def _tell_of_scanner() -> None:
    """A scanner that does not answer keeps files from their readers, so it is told as a failure."""
    if not scanning.is_set():
        click.echo("No virus scanner is set (SCANNER): files of posts are not looked at.")
        return
    waiting = attaching.waiting_for_scan()
    since = f", the oldest since {clock.show_moment(waiting.since)}" if waiting.since else ""
    told = f"Files that wait for it: {waiting.files}{since}. {waiting.note}".rstrip()
    if fault := scanning.ask_if_there():
        raise Rejected(f"The virus scanner {fault}. {told}")
    click.echo(f"The virus scanner answers. {told}")


# --- backup and restore ----------------------------------------------------------------------------------------------


@click.command("backup", help="Write everything into FILE (.tar.gz), while the platform goes on running.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Write over FILE when it exists.")
def backup(file: Path, replace: bool) -> None:
    if file.exists() and not replace:
        raise Rejected(f"{file} exists already. Choose another name, or add --replace.")
    schema.check()
    with _progress("Copying rows", _rows()) as told:
        manifest, missing = backups.make(db.engine, current_app.config["VAR"] / "files", file, told)
    click.echo(f"{file}: {manifest.rows:,} rows and {manifest.files:,} uploaded files, readable by you alone.")
    click.echo("Not in it: the settings and the SECRET_KEY, without which links in letters already sent stop working.")
    if missing:
        raise Rejected("The backup is complete but for uploads damaged or missing from the disk: " + ", ".join(missing))


@click.command("restore", help="Bring back everything from FILE, into a new database or in the place of what is there.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Delete what is in the database first.")
def restore(file: Path, replace: bool) -> None:
    schema.check()
    if not replace and not copies.is_empty(db.session.connection(), but=_lists()):
        raise Rejected(
            "There is something in this database already. Add --replace to delete it and restore the backup."
        )
    folder: Path = current_app.config["VAR"]
    with (
        backups.unpacked(file, folder) as found,
        _progress("Restoring rows", found.manifest.rows) as told,
        transaction(),
    ):
        backups.restore(found, db.session.connection(), folder / "files", told)
        held = letters.hold_all(HELD)
        signing_in.sign_everybody_out()
    click.echo(f"Restored what was there on {found.manifest.made_at}: {found.manifest.rows:,} rows.")
    if held:
        click.echo(
            f"Letters that were still to go: {held:,}. They are held: release them one by one on the letters page."
        )


# --- from one database to another ------------------------------------------------------------------------------------


@click.group("database", help="The database as a whole.")
def database() -> None: ...


@database.command("copy", help="Copy everything into another database, which must be empty: SQLite or PostgreSQL.")
@click.option("--to", "url", required=True, metavar="URL", help="Its address, written like DATABASE_URL.")
def copy(url: str) -> None:
    schema.check()
    target = sa.create_engine(_address(url))
    prepare(target)
    try:
        with copies.reading(db.engine) as source, _progress("Copying rows", _rows()) as told:
            revision = backups.revision(source)  # from here on it sees one moment, and takes no lock
            expect_writing(True)
            _copy(source, target, revision, told)
    except sa.exc.DBAPIError as error:
        raise Rejected(f"The other database cannot be used: {error.orig}") from None
    finally:
        expect_writing(False)
        target.dispose()
    click.echo("Done. Stop the platform, and start it with DATABASE_URL set to the new database.")
    click.echo("What was written since the copy began is not in it; uploaded files stay in VAR.")


def _address(url: str) -> str:
    address = config.database_url(url)
    try:
        if sa.make_url(address) == db.engine.url:
            raise Rejected("That is the database the platform uses now. Give the address of another.")
    except sa.exc.ArgumentError:
        raise Rejected(f"{url} is no address of a database. Write it like DATABASE_URL.") from None
    return address


def _copy(source: sa.Connection, target: sa.Engine, revision: str | None, told: copies.Told) -> None:
    """Whole or nothing. A target without tables gets them first."""
    if not sa.inspect(target).get_table_names():
        schema.upgrade(target)
    with target.begin() as connection:
        if backups.revision(connection) != revision:
            raise Rejected("The tables of the other database are of another revision. Give an empty database.")
        if not copies.is_empty(connection, but=_lists()):
            raise Rejected("There is something in the other database already. Give an empty one.")
        copies.clear(connection)
        copies.copy(source, connection, told)
        if copies.counts(connection) != copies.counts(source):
            raise Rejected("The copy has not as many rows as the original, so it was taken back.")


groups = (health, backup, restore, database)
