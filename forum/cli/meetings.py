"""`flask --app wsgi meetings …`."""

from __future__ import annotations

from collections import Counter

import click

from forum.base import clock
from forum.base.db import LARGEST_NUMBER, transaction
from forum.cli.acting import active_member
from forum.meetings import queries
from forum.meetings.commands import inviting
from forum.meetings.models import Meeting
from forum.meetings.queries import audiences


@click.group("meetings", help="Meetings of the Forum.")
def group() -> None: ...


@group.command("invite")
@click.argument("number", type=click.IntRange(1, LARGEST_NUMBER))
@click.option("--as", "email", required=True, help="The email address of the member of the secretariat who invites.")
@click.option("--yes", is_flag=True, help="Do not ask before sending.")
def invite(number: int, email: str, yes: bool) -> None:
    """Invite everybody whom meeting NUMBER is for and who was not yet."""
    actor = active_member(email)
    meeting = queries.get(actor, number)
    expected = _tell(meeting)
    if expected and not yes:
        click.confirm("Send them?", abort=True)
    with transaction():
        count = inviting.invite(actor, meeting, expected=expected)
    click.echo(f"{count} invitations will be sent." if count else "Nobody was left to invite. Nothing was sent.")


def _tell(meeting: Meeting) -> int:
    """Say who would get what; how many those are."""
    people = queries.uninvited(meeting)
    click.echo(f"{meeting.reference} {meeting.title}, {clock.show_day(meeting.starts_at)}")
    for sector, count in Counter(person.sector or "Sector not known" for person in people).most_common():
        click.echo(f"{count:>6,}  {sector}")
    click.echo(f"{len(people):>6,}  invitations in all")
    for person in audiences.left_out(meeting):
        click.echo(f"Left out: {person.name}. {person.reason}")
    return len(people)
