"""Letters at once: one for each new post to each who follows it that closely.

Every such letter is withheld from the letters page. What somebody follows is their own affair, and who alone of those
who follow a theme is not written to about an unattributed post is the one who wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from forum.base import clock, letters
from forum.base.db import db
from forum.base.letters import Kind, Letter
from forum.feedback.models import Feedback
from forum.feedback.queries import following, mailing
from forum.feedback.queries.following import Concern, Follower
from forum.feedback.queries.mailing import PostNews
from forum.members.models import Member

MOST_AN_HOUR = 20  # letters about posts to one person; the next ones wait for the next hour
PART = 50  # letters written in one transaction, in which nobody else writes on SQLite: some 50 ms
_KEY = re.compile(r"(post|thread):(\d+):(\d+)")
WHY = {
    Concern.FOLLOWS: "you follow this thread, its theme or who wrote it",
    Concern.ANSWERED: "it answers, for the department, what you posted or said “same here” to",
}
# Stands for what differs between the letters about one post. A character for private use: nobody types it.
LEAVE_LINK = "\ue000"


def tell_followers() -> bool:
    """Write to some of those who follow a new post closely; whether there may be more to do."""
    post = following.next_untold()
    if post is None:
        return False
    news = mailing.news_of(post)
    if news is None:  # taken back before anybody was told
        post.untold_from = None
        return True
    thread = db.session.get_one(Feedback, news.feedback_id)
    people = following.to_tell(post, thread, news.organisation_id, PART)
    for concern in sorted({person.concern for person in people}):
        theirs = [person for person in people if person.concern is concern]
        letters.write_many(_paced(letters_about(news, theirs, _why(concern, news)), people))
    post.untold_from = people[-1].id + 1 if len(people) == PART else None
    return True


def _paced(written: Iterable[letters.Fields], people: Iterable[Follower]) -> Iterator[letters.Fields]:
    """These letters, so many an hour to each person: after a busy day's posting nobody finds a mailbox full of us."""
    under_way = letters.of_this_hour(letters.FEEDBACK, [person.email for person in people])
    for letter in written:
        hours = under_way.get(letter["to_address"], 0) // MOST_AN_HOUR
        yield {**letter, "not_before": clock.now() + timedelta(hours=hours)} if hours else letter


def _why(concern: Concern, news: PostNews) -> str:
    """Why they get it, as the letter says. Who wrote what is OFFICIAL-SENSITIVE is not in a mail."""
    if concern is Concern.MENTIONED:
        return f"{'somebody' if news.is_sensitive else news.author} mentioned you, your organisation or your sector"
    return WHY[concern]


def letters_about(news: PostNews, people: Iterable[Follower], why: str) -> Iterator[letters.Fields]:
    """The letter about this post to each of these people, with a key of its own for each: whoever else tells somebody of
    the same post uses it too, and nobody gets two."""
    link = letters.link(news.path)
    thread = letters.thread_ref(f"feedback:{news.feedback_id}")
    takes_replies = letters.takes_answers()
    text, html = letters.render(
        "new_post", news=news, link=link, why=why, leave_url=LEAVE_LINK, marker=letters.MARKER if takes_replies else ""
    )
    for person in people:
        of_list = letters.leaving(letters.FEEDBACK, person.id)
        leave_url = letters.link(of_list["unsubscribe_path"])
        yield {
            "key": f"{news.key}{person.id}",
            "kind": Kind.NOTICE,
            "member_id": None,
            "to_name": "",
            "to_address": person.email,
            "subject": subject(news),
            "text": text.replace(LEAVE_LINK, leave_url),
            "html": html.replace(LEAVE_LINK, leave_url),
            "about": f"feedback:{news.feedback_id}",
            "rank": 2,
            "is_recipient_withheld": True,
            "thread_ref": thread,
            "reply_to": letters.answer_address(news.feedback_id, person.id) if takes_replies else "",
            "list_name": of_list["list_name"],
            "unsubscribe_path": of_list["unsubscribe_path"],
        }


def subject(news: PostNews) -> str:
    """The same for every letter of a thread, so that mail programs keep them together."""
    title = "OFFICIAL-SENSITIVE feedback" if news.is_sensitive else news.title
    return f"{'Re: ' if news.reply_id else ''}{news.reference}: {title}"


def _may_still_come(letter: Letter) -> str | None:
    """Why a letter about one post should not go out any more. What was changed while it waited is put right in it: whoever
    took their name off the post is not named. Three statements, and none for other letters."""
    found = _KEY.fullmatch(letter.key) if letter.list_name == letters.FEEDBACK else None
    if found is None:
        return None
    reader = db.session.get(Member, int(found[3]))
    threads, replies = ({int(found[2])}, set[int]()) if found[1] == "thread" else (set[int](), {int(found[2])})
    if reader is None or not mailing.can_still_read(reader, threads, replies):
        return "It tells of a post that was taken back, or that this member may not read any more."
    (news,) = mailing.news(list(threads), list(replies))
    to = Follower(reader.id, letter.to_address, Concern.FOLLOWS)
    (anew,) = letters_about(news, [to], _why_it_came(letter, news))
    letter.text, letter.html, letter.subject = anew["text"], anew["html"], anew["subject"]
    return None


def _why_it_came(letter: Letter, news: PostNews) -> str:
    """What the letter says of why it came, as it is to be said now."""
    said = next((why for why in WHY.values() if why in letter.text), None)
    return said or _why(Concern.MENTIONED, news)


letters.check(Kind.NOTICE, _may_still_come)
