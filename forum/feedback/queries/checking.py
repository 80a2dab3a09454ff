"""What waits for a look, and what was done about it."""

from __future__ import annotations

import sqlalchemy as sa

from forum.base import settings
from forum.base.db import db
from forum.feedback.models import Feedback, Reply
from forum.feedback.queries.one import stands
from forum.members.models import Member


def is_new(author: Member) -> bool:
    """Whether this member has posted less than the setting asks to be looked at first. No statement when it asks none."""
    asked = settings.number("CHECK_FIRST_POSTS")
    if not asked:
        return False
    own = [
        sa.select(post.id).where(post.author_id == author.id, stands(post)).limit(asked) for post in (Feedback, Reply)
    ]
    counts = [sa.select(sa.func.count()).select_from(part.subquery()).scalar_subquery() for part in own]
    return (db.session.scalar(sa.select(counts[0] + counts[1])) or 0) < asked
