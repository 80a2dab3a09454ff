"""`flask --app wsgi members …`: the operator at the machine acts for nobody, and may do what an administrator may."""

from __future__ import annotations

from pathlib import Path

import click

from forum.base.db import transaction
from forum.base.tables import read_table
from forum.members import rules
from forum.members.commands import joining, keeping
from forum.members.commands.columns import LABELS, guess
from forum.members.commands.importing import import_members
from forum.members.commands.planning import Outcome, Plan, plan
from forum.members.models import Role


@click.group("members", help="The people of the Forum.")
def group() -> None: ...


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--commit", is_flag=True, help="Do it. Without this, only say what would be done.")
@click.option("--letters", is_flag=True, help="With --commit: send everybody new a joining letter.")
def import_file(file: Path, commit: bool, letters: bool) -> None:
    """Import members and organisations from FILE (CSV, ODS or XLSX, with column names in the first row)."""
    table = read_table(file.read_bytes(), file.name)
    mapping = guess(table)
    for field, column in mapping.items():
        click.echo(f"{LABELS[field]}: column “{column}”")
    planned = plan(None, table, mapping)
    _tell(planned)
    if not commit:
        click.echo("Nothing has been changed. Add --commit to import.")
        return
    with transaction():
        done = import_members(None, table, mapping, digest=planned.digest, send_letters=letters)
    click.echo(
        f"Imported: {done.added} members added, {done.updated} updated; {done.organisations_added} organisations added, "
        f"{done.organisations_updated} completed; {done.letters} joining letters written."
    )


def _tell(planned: Plan) -> None:
    for row in planned.rows:
        if row.outcome in {Outcome.DUPLICATE, Outcome.REJECTED}:
            click.echo(f"Row {row.number}, {row.title or 'nobody'}: {row.outcome.value}. {' '.join(row.remarks)}")
        elif row.changes or row.remarks:
            changes = [f"{label}: {old or '–'} → {new}" for label, old, new in row.changes]
            click.echo(f"Row {row.number}, {row.title}: {row.outcome.value}. {' '.join([*changes, *row.remarks])}")
    click.echo(", ".join(f"{count} {outcome.value}" for outcome, count in planned.counts.items()))


@group.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="member",
    show_default=True,
    help="What they may do.",
)
def add(email: str, name: str, role: str) -> None:
    """Add one person, and print the link with which they choose a password."""
    with transaction():
        member = keeping.add_member(None, name=name.strip(), email=email, role=Role(role))
        link = joining.joining_link(None, member) if rules.may_be_sent_joining_letter(member) else ""
    click.echo(f"{member.name} is added ({role}).")
    if link:
        click.echo(f"To choose a password, open this link within 14 days:\n  {link}")
