"""The directory as a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import IO

from forum.base.spreadsheets import Sheet, Value, Workbook, write_csv, write_ods
from forum.members.queries import InviteeRow, LeftOutRow, MemberRow

COLUMNS = ("Name", "Email address", "Job title", "Organisation", "Sector", "Area", "Role in the Forum", "Standing")
WIDTHS = (5, 7, 6, 7, 6, 5, 3.5, 3)  # centimetres


def as_csv(rows: Iterable[MemberRow], out: IO[bytes]) -> None:
    """One line a member."""
    write_csv(COLUMNS, map(_cells, rows), out)


def as_ods(rows: Iterable[MemberRow], out: IO[bytes], title: str, creator: str, at: datetime, narrowed: str) -> None:
    """One row a member, with a cover that says what the list was narrowed to."""
    facts = (("Which members", narrowed), ("Handling", "Personal data: for the work of the Forum only"))
    sheet = Sheet("Members", COLUMNS, map(_cells, rows), WIDTHS)
    write_ods(Workbook(title, creator, at, facts, (sheet,)), out)


def to_write_to(rows: Iterable[LeftOutRow], out: IO[bytes]) -> None:
    """Who cannot be reached by email, for envelopes and calls: one line a person."""
    headings = ("Name", "Job title", "Organisation", "Email address of the organisation", "Why not by email", "Note")
    cells = ((r.name, r.job_title, r.organisation, r.contact_email, r.reason, r.contact_note) for r in rows)
    write_csv(headings, cells, out)


def invited(rows: Iterable[InviteeRow], out: IO[bytes]) -> None:
    """Who gets an invitation: one line a person."""
    headings = ("Name", "Email address", "Organisation", "Sector", "Police force area")
    write_csv(headings, ((r.name, r.email, r.organisation, r.sector, r.force) for r in rows), out)


def sample() -> str:
    """A table to start from, as CSV: every column we know, two invented people and one organisation."""
    return (
        "Name,Email address,Organisation,Job title,Sector,Police force area,Region,Role,Standing,Date joined,"
        "Notifications,Language,Contact note\n"
        "Rhian Plover,rhian.plover@canopy.example,Canopy Youth Trust,Youth worker,voluntary,south-wales,wales,member,"
        "invited,,daily,cy,\n"
        'Tom Alder,,Southcliff Council,"Lead, missing children",la-childrens,sussex,south-east,member,active,'
        "1 November 2016,none,en,Write by post to the council\n"
        ",,Millbrook Homes,,housing,west-midlands,west-midlands,,,,,,\n"
    )


def _cells(row: MemberRow) -> tuple[Value, ...]:
    return (
        row.name,
        row.email,
        row.job_title,
        row.organisation,
        row.sector,
        row.area,
        row.role.value,
        row.standing.value,
    )
