"""One file that holds everything: an SQLite copy of the database, the uploaded files and a manifest, as .tar.gz.

Whatever the platform runs on, the copy inside is SQLite: it can be looked into with any SQLite program and restored
to either database. The members of the archive are manifest.json, forum.db and files/<two digits>/<SHA-256>.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from forum.base import clock, copies
from forum.base.copies import Told
from forum.base.db import Base
from forum.base.errors import Rejected
from forum.base.files import StoredFile

FORMAT = "egve-forum-backup-1"
_FILE = re.compile(r"files/[0-9a-f]{2}/([0-9a-f]{64})")
_REVISION = sa.text("SELECT version_num FROM alembic_version")
_NO_BACKUP = "This file is not a backup of this platform, or it is damaged."


class Manifest(NamedTuple):
    """What a backup says of itself. `revision` is that of its tables, `counts` the rows of each.

    `database` is the SHA-256 of forum.db: reading an archive does not notice every damage to it.
    """

    made_at: str
    revision: str
    database: str
    counts: dict[str, int]
    files: int

    @property
    def rows(self) -> int:
        return sum(self.counts.values())


def revision(connection: Connection) -> str | None:
    """The revision of the tables; None where there are none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(_REVISION)
    return found


# --- making ----------------------------------------------------------------------------------------------------------


def make(engine: Engine, files: Path, archive: Path, told: Told = lambda _: None) -> tuple[Manifest, list[str]]:
    """Back up this database and the files kept in this folder, while they are in use.

    Gives the manifest, and the names of uploads that are missing from the disk or damaged there: one such in it would
    make the whole backup unfit for restoring. The archive is readable by its owner alone and appears whole or not at
    all; `told` hears of the rows as they are copied. Raises Rejected when it cannot be written.
    """
    try:
        return _make(engine, files, archive, told)
    except (OSError, sqlite3.Error, sa.exc.OperationalError) as error:
        raise Rejected(f"{archive} could not be written: {error}. Put that right, or choose another place.") from None


def _make(engine: Engine, files: Path, archive: Path, told: Told) -> tuple[Manifest, list[str]]:
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".backup-") as folder:
        beside = Path(folder)
        _copy_database(engine, beside / "forum.db", told)
        with opened(beside / "forum.db") as copy:
            uploads = copy.execute(sa.select(StoredFile.sha256, StoredFile.name)).all()
            found = [sha256 for sha256, _ in uploads if _is_sound(files / sha256[:2] / sha256)]
            about = str(revision(copy)), _sha256(beside / "forum.db"), copies.counts(copy), len(found)
            manifest = Manifest(clock.now().isoformat(), *about)
        _pack(beside, files, found, manifest)
        os.replace(beside / "archive", archive)
    kept = set(found)
    return manifest, [name for sha256, name in uploads if sha256 not in kept]


def _is_sound(upload: Path) -> bool:
    return upload.is_file() and _sha256(upload) == upload.name


def _copy_database(engine: Engine, path: Path, told: Told) -> None:
    if engine.dialect.name == "sqlite":
        _copy_sqlite(Path(str(engine.url.database)), path)
        return
    target = sa.create_engine(f"sqlite:///{path}")
    with copies.reading(engine) as source, target.begin() as connection:
        Base.metadata.create_all(connection)
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:number)"), {"number": revision(source)})
        copies.copy(source, connection, told)
    target.dispose()


def _copy_sqlite(database: Path, path: Path) -> None:
    """In one step of the backup interface, which sees one moment of the database and lets everybody go on writing."""
    source, target = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True), sqlite3.connect(path)
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
    finally:
        source.close()
        target.close()


def _sha256(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _pack(folder: Path, files: Path, found: list[str], manifest: Manifest) -> None:
    with (folder / "archive").open("xb") as out:
        os.chmod(out.fileno(), 0o600)
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as archive:
            words = json.dumps({"format": FORMAT, **manifest._asdict()}, indent=1).encode()
            about = tarfile.TarInfo("manifest.json")
            about.size = len(words)
            archive.addfile(about, io.BytesIO(words))
            archive.add(folder / "forum.db", "forum.db", filter=_anonymous)
            for sha256 in found:
                name = f"{sha256[:2]}/{sha256}"
                archive.add(files / name, f"files/{name}", filter=_anonymous)
        out.flush()
        os.fsync(out.fileno())


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the names and numbers of this machine's users."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


# --- restoring -------------------------------------------------------------------------------------------------------


class Backup(NamedTuple):
    """A backup that has been unpacked for restoring: its manifest and where its database and files are for now."""

    manifest: Manifest
    database: Path
    files: Path


@contextmanager
def unpacked(archive: Path, folder: Path) -> Iterator[Backup]:
    """The backup, unpacked under `folder` for as long as it is needed. Raises Rejected when it cannot be used."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as name:
        place = Path(name)
        try:
            with tarfile.open(archive, "r:gz") as packed:
                manifest = _unpack(packed, place)
        except (
            tarfile.TarError,
            gzip.BadGzipFile,
            zlib.error,
            EOFError,
            ValueError,
            TypeError,
            AttributeError,
        ) as error:
            raise Rejected(f"{_NO_BACKUP} ({type(error).__name__}: {error})") from None
        except OSError as error:
            raise Rejected(
                f"The backup cannot be unpacked in {folder}: {error}. Put that right and try again."
            ) from None
        yield Backup(manifest, place / "forum.db", place / "files")


def _unpack(packed: tarfile.TarFile, place: Path) -> Manifest:
    """Only what a backup has, and nothing by a path of the archive's choosing. Raises ValueError."""
    manifest: Manifest | None = None
    for member in packed:
        data = packed.extractfile(member) if member.isfile() else None
        if data is None:
            raise ValueError(f"{member.name} is no file")
        if member.name == "manifest.json":
            manifest = _read_manifest(data)
        elif member.name == "forum.db":
            _save(data, place / "forum.db")
        elif kept := _FILE.fullmatch(member.name):
            sha256 = kept[1]
            if _save(data, place / "files" / sha256[:2] / sha256) != sha256:
                raise ValueError(f"{member.name} has been altered")
        else:
            raise ValueError(f"{member.name} does not belong there")
    if manifest is None:
        raise ValueError("the manifest is missing")
    if _sha256(place / "forum.db") != manifest.database:
        raise ValueError("the database has been altered")
    return manifest


def _read_manifest(data: IO[bytes]) -> Manifest:
    said: dict[str, Any] = json.load(data)
    if said.pop("format", None) != FORMAT:
        raise ValueError("it is of another format")
    return Manifest(**said)


def _save(data: IO[bytes], path: Path) -> str:
    """Write to this path; gives the SHA-256 of what was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("xb") as out:
        while part := data.read(1 << 20):
            digest.update(part)
            out.write(part)
    return digest.hexdigest()


def restore(backup: Backup, target: Connection, files: Path, told: Told = lambda _: None) -> None:
    """Put the backup in the place of everything in this database, and its files into this folder.

    The caller's transaction makes it whole or nothing. Raises Rejected when the tables are of different revisions or
    rows got lost on the way.
    """
    here = revision(target)
    if here != backup.manifest.revision:
        raise Rejected(
            f"The backup's tables are of revision {backup.manifest.revision}, this database's of {here}. Install the "
            "version of the platform that made the backup, restore with it, then bring the tables up to date."
        )
    copies.clear(target)
    with opened(backup.database) as source:
        copies.copy(source, target, told)
    if copies.counts(target) != backup.manifest.counts:
        raise Rejected(f"{_NO_BACKUP} (The rows restored are not as many as the backup says.)")
    for path in backup.files.glob("*/*"):
        place = files / path.parent.name / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place.with_suffix(".new"))
        os.replace(place.with_suffix(".new"), place)


@contextmanager
def opened(database: Path) -> Iterator[Connection]:
    """A connection to an SQLite file that is nobody else's."""
    engine = sa.create_engine(f"sqlite:///{database}")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
