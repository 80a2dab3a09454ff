"""What whoever runs the Forum does about a post that was flagged or is held: keep, show, hide, show again, or take words
out. Its author is told with the text and the rule; whoever flagged it, what became of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from markupsafe import escape

from forum.base import clock, history, letters, richtext
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.letters import Kind, Letter, State
from forum.feedback.commands import asking, attaching
from forum.feedback.commands.keeping import empty, lock, recount
from forum.feedback.commands.reading import mark_read
from forum.feedback.models import (
    Attribution,
    Draft,
    Edition,
    Feedback,
    FeedbackAnswer,
    Flag,
    FlagKind,
    InternalNote,
    Outcome,
    Redaction,
    Reply,
    Support,
)
from forum.feedback.queries import asking as asked
from forum.feedback.queries import checking as checks
from forum.feedback.queries import unread
from forum.feedback.queries.checking import Post
from forum.feedback.rules import checking as rules
from forum.members.models import Member

HIDDEN_TITLE = "Hidden feedback"
HIDDEN_BECAUSE = "Hidden by the secretariat: {rule}"


class Cut(NamedTuple):
    """Words to take out, and what kind of words they are."""

    kind: str
    words: str


def keep(actor: Member, post: Post) -> None:
    """Leave it as it is. What is held stays held until it is shown (`release`)."""
    _take_up(actor, post)
    _settle(actor, post, Outcome.KEPT, "")
    history.note(actor, "kept", post)


def release(actor: Member, post: Feedback | Reply) -> None:
    """Show to everybody what waited for a look. It is posted now: new to everybody, and followers are told of it."""
    _take_up(actor, post)
    rules.check_shown(post)
    rules.check_held(post)
    now, since = clock.now(), post.posted_at
    post.held_at, post.posted_at, post.version = None, now, post.version + 1
    if isinstance(post, Feedback):
        post.active_at = now
    else:
        recount(post.feedback_id)
    _settle(actor, post, Outcome.KEPT, "")
    history.note(actor, "let through", post)
    _tell_author(post, "released", since, "", source(post))
    if (author := _member(post.author_id)) is not None:
        db.session.flush()
        _mark_as_known(author, post, now)


def _mark_as_known(author: Member, post: Feedback | Reply, now: datetime) -> None:
    """What they wrote is not new to its author. Where others wrote since they were there, the thread is."""
    if isinstance(post, Feedback):
        mark_read(author, post.id, now)
    elif unread.knows_the_rest(author, post):
        mark_read(author, post.feedback_id, now)


def hide(actor: Member, post: Post, reason: str, remark: str = "") -> None:
    """Take the whole post away for a rule of the catalogue, which everybody reads in its place. `remark` is for the author.

    It is withdrawn as far as every list, count, search, quote, summary and export goes. Its words stay, in an edition
    that no page shows, for whoever runs the Forum, and `show_again` brings them back.
    """
    _take_up(actor, post)
    rules.check_shown(post)
    rule, now, words = rules.check_reason(reason).rule, clock.now(), source(post)
    rules.check_words(remark := richtext.clean(remark), "")
    _forget_unsent(post)
    if isinstance(post, Support):
        post.html = ""  # "same here" still counts: only its evidence is hidden
    else:
        empty(post, HIDDEN_TITLE, HIDDEN_BECAUSE.format(rule=rule), now)
    post.hidden_at, post.hidden_because = now, rule
    _settle(actor, post, Outcome.HIDDEN, rule)
    history.note(actor, "hid", post, rule)
    _tell_author(post, "hidden", now, rule, words, remark)


def show_again(actor: Member, post: Post) -> None:
    """Undo `hide`: the post is back as it was."""
    _take_up(actor, post)
    rules.check_hidden(post)
    at = post.hidden_at
    if isinstance(post, Support):
        _word(post, "evidence", post.evidence)
    else:
        _put_back(post)
    post.hidden_at, post.hidden_because = None, ""
    if isinstance(post, Reply):
        recount(post.feedback_id)
    history.note(actor, "showed again", post)
    _tell_author(post, "shown-again", at or clock.now(), "", source(post))


def redact(actor: Member, post: Post, cuts: Sequence[Cut], reason: str, remark: str = "") -> int:
    """Take these words out for good; gives in how many places they stood. "[removed]" stands in their place.

    They leave the post and every other text of its thread (replies that quote it, answers, notes, evidence), all editions
    of these, the search, drafts, and letters that have not left. The log keeps what kind of words they were, how many
    characters and why, not the words. What cannot be cleaned: letters that have left, files people downloaded, summaries
    that were made before (they are sealed), backups, and words in a challenge's own description. Files that came with the
    post may hold the same words and are removed. Quotes in challenges that say these words are shown no longer, as of everything that was edited away.
    """
    _take_up(actor, post)
    rules.check_shown(post)
    rule = rules.check_reason(reason).rule
    rules.check_words(remark := richtext.clean(remark), "")
    wanted = [cut for cut in cuts if cut.words.strip()]
    if not wanted:
        raise Rejected("Select or enter the words to take out.", field="words")
    places = sum(_take_out(actor, post, cut, rule) for cut in wanted)
    if not isinstance(post, Support):
        attaching.remove_all(post, rule)
    _settle(actor, post, Outcome.REDACTED, rule)
    history.note(actor, "redacted", post, rule, places=places, kinds=sorted({cut.kind for cut in wanted}))
    _tell_author(post, "redacted", clock.now(), rule, source(post), remark)
    return places


def source(post: Post) -> str:
    """The words of a post as they were typed, with the answers to its themes' questions. One statement for a thread."""
    if isinstance(post, Support):
        return post.evidence
    if isinstance(post, Reply):
        return post.body
    answers = (f"{one.label}\n{one.words}" for one in asked.answers(post.id))
    return "\n\n".join(filter(None, (post.title, post.happening, *answers, post.affected, post.would_help)))


def hidden_source(post: Post) -> str:
    """The words of a hidden post, as `source` gives those of others."""
    if isinstance(post, Support):
        return post.evidence
    kept = dict(checks.hidden_edition(post).words)
    answers = [f"{label}\n{words}" for _, label, words in kept.pop("answers", [])]
    first = [kept.pop(name, "") for name in ("title", "happening")]
    return "\n\n".join(filter(None, (*first, *answers, *kept.values())))


# --- parts -----------------------------------------------------------------------------------------------------------


def _take_up(actor: Member, post: Post) -> None:
    rules.check_checker(actor)
    lock(post)


def _settle(actor: Member, post: Post, outcome: Outcome, rule: str) -> None:
    """Settle every open flag of the post, and tell those who raised one."""
    for flag in checks.open_flags(post):
        if outcome is Outcome.KEPT and flag.kind is FlagKind.CHECKED_FIRST and post.held_at is not None:
            continue  # it still waits to be shown
        flag.settled_at, flag.settled_by_id, flag.outcome, flag.rule = clock.now(), actor.id, outcome, rule
        if (flagger := _member(flag.raised_by_id)) is not None:
            _tell_flagger(post, flag, flagger)


def _member(number: int | None) -> Member | None:
    """The member with this number, if they can be written to."""
    found = db.session.get(Member, number) if number is not None else None
    return found if found is not None and found.is_active and found.email else None


def _about(post: Post) -> str:
    return f"feedback:{checks.place_of(post)[0]}"


def _tell_flagger(post: Post, flag: Flag, to: Member) -> None:
    reference = f"FB-{flag.feedback_id}"
    fields = {"reference": reference, "outcome": rules.OUTCOMES[flag.outcome or Outcome.KEPT], "rule": flag.rule}
    text, html = letters.render("flag_settled", name=to.name, link=_link(post), **fields)
    letters.write(
        key=f"flag:{flag.id}", kind=Kind.NOTICE, to_name=to.name, to_address=to.email or "", member_id=to.id,
        subject=f"What became of the post you reported in {reference}", text=text, html=html, about=_about(post),
        is_recipient_withheld=True,
    )  # fmt: skip


def _tell_author(post: Post, news: str, at: datetime, rule: str, words: str, remark: str = "") -> None:
    """A letter with the text, the rule and what the author can do. The text of a sensitive thread is not mailed."""
    to = _member(post.author_id)
    if to is None:
        return
    thread = post if isinstance(post, Feedback) else post.feedback
    is_sensitive = thread.marking.value != "OFFICIAL"
    reference, what = f"FB-{thread.id}", WHAT[type(post)]
    text, html = letters.render(
        "post_checked", news=news, name=to.name, reference=reference, what=what, rule=rule,
        words="" if is_sensitive else words, remark=remark, is_sensitive=is_sensitive, link=_link(post),
    )  # fmt: skip
    called = "evidence" if isinstance(post, Support) else "post"
    headings = {
        "hidden": f"Your {called} in {reference} was hidden",
        "redacted": f"Words were taken out of your {called} in {reference}",
        "released": f"Your {called} in {reference} is shown now",
        "shown-again": f"Your {called} in {reference} is shown again",
    }
    letters.write(
        key=f"checked:{post.__tablename__}:{post.id}:{news}:{at.isoformat()}", kind=Kind.NOTICE, to_name=to.name,
        to_address=to.email or "", member_id=to.id, subject=headings[news], text=text, html=html, about=_about(post),
        is_recipient_withheld=post.attribution is Attribution.UNATTRIBUTED,
    )  # fmt: skip


def _link(post: Post) -> str:
    if isinstance(post, Feedback):
        return letters.link(f"/feedback/{post.id}")
    if isinstance(post, Support):
        return letters.link(f"/feedback/{post.feedback_id}/support#evidence-{post.id}")
    return letters.link(f"/feedback/{post.feedback_id}?at={post.id}#post-{post.id}")


WHAT: dict[type[Any], str] = {Feedback: "post", Reply: "reply", Support: "evidence"}


# --- hiding ----------------------------------------------------------------------------------------------------------


def _put_back(post: Feedback | Reply) -> None:
    """The words and answers of a hidden post are in it again."""
    edition = checks.hidden_edition(post)
    for name, words in edition.words.items():
        if name == "answers":
            _answer_again(post, words)
        else:
            _word(post, name, words)
    post.withdrawn_at, post.withdrawn_because, post.version = None, "", post.version + 1
    db.session.delete(edition)
    if isinstance(post, Feedback):
        asking.show_anew(post)


def _answer_again(post: Feedback | Reply, answers: Iterable[Sequence[Any]]) -> None:
    for position, label, words in answers:
        html = richtext.to_html(words)
        db.session.add(FeedbackAnswer(feedback_id=post.id, position=position, label=label, words=words, html=html))


def _unsent(thread: int) -> sa.ScalarResult[Letter]:
    """Letters that tell of this thread and have not left."""
    waiting = (State.WAITING, State.DELAYED, State.HELD)
    names_it = Letter.text.contains(f"/feedback/{thread}", autoescape=True)
    return db.session.scalars(sa.select(Letter).where(Letter.state.in_(waiting), names_it))


def _forget_unsent(post: Post) -> None:
    """No letter that has not left tells these words: each paragraph is taken out of it."""
    paragraphs = [part.strip() for part in (*source(post).split("\n"), *richtext.to_text(post.html).split("\n"))]
    longest_first = sorted({words for words in paragraphs if len(words) > 3}, key=len, reverse=True)
    _clean_letters(checks.place_of(post)[0], longest_first)


# --- taking words out ------------------------------------------------------------------------------------------------

# Every table in which a text of a thread stands, and from which column its HTML is made.
_MARKDOWN: dict[type[Any], dict[str, str]] = {
    Feedback: {"happening": "html", "affected": "html_affected", "would_help": "html_would_help"},
    Reply: {"body": "html"},
    FeedbackAnswer: {"words": "html"},
    InternalNote: {"words": "html"},
    Support: {"evidence": "html"},
}


def _remover(words: str) -> Callable[[str], tuple[str, int]]:
    """Takes words out of a text, where they are not part of longer ones; spaces and line ends count as one."""
    pieces = r"\s+(?:>\s*)*".join(re.escape(piece) for piece in words.split())
    pattern = re.compile(rf"(?<!\w){pieces}(?!\w)" if re.match(r"\w", words.strip()) else pieces)
    return lambda text: pattern.subn(rules.REMOVED, text)


def _word(post: Post, name: str, words: str) -> None:
    setattr(post, name, words)
    if html := _MARKDOWN[type(post)].get(name):
        setattr(post, html, richtext.to_html(words))


def _take_out(actor: Member, post: Post, cut: Cut, rule: str) -> int:
    """Take these words out of everything about the thread; gives in how many places they stood."""
    take = _remover(cut.words)
    thread = checks.place_of(post)[0]
    others = [(other, _take_from(other, take)) for other in _texts(thread, post)]
    own = _take_from(post, take)
    if isinstance(post, Feedback):  # its answers are as much its words as the rest
        own += sum(times for other, times in others if isinstance(other, FeedbackAnswer))
        others = [(other, times) for other, times in others if not isinstance(other, FeedbackAnswer)]
    if not own:
        raise Rejected(f"“{cut.words}” is not in this post. Copy the words as they stand there.", field="words")
    asking.show_anew(db.session.get_one(Feedback, thread))
    for touched, times in [(post, own), *others]:
        if times and isinstance(touched, Feedback | Reply):
            touched.edited_at, touched.version = clock.now(), touched.version + 1
        if times and isinstance(touched, Post):
            _log(actor, touched, cut, times, rule)
    _clean_editions(thread, take)
    _clean_drafts(post, thread, take)
    _clean_letters(thread, [cut.words])
    return own + sum(times for _, times in others)


def _texts(thread: int, but: Post) -> Iterable[Any]:
    """Held until the transaction ends: what somebody is changing at this moment is waited for, and read as it is then."""
    for kind in _MARKDOWN:
        of_thread = kind.id if kind is Feedback else kind.feedback_id
        texts = sa.select(kind).where(of_thread == thread).with_for_update()
        if isinstance(but, kind):
            texts = texts.where(kind.id != but.id)
        yield from db.session.scalars(texts, execution_options={"populate_existing": True})


def _take_from(thing: Any, take: Callable[[str], tuple[str, int]]) -> int:
    times = 0
    titles = {"title": ""} if isinstance(thing, Feedback) else {}
    for name, html in (titles | _MARKDOWN[type(thing)]).items():
        words, found = take(getattr(thing, name))
        if found:
            times += found
            setattr(thing, name, words[:200] if name == "title" else words)
            if html and not getattr(thing, "hidden_at", None):
                setattr(thing, html, richtext.to_html(words))
    return times


def _log(actor: Member, post: Post, cut: Cut, times: int, rule: str) -> None:
    thread, reply, support = checks.place_of(post)
    db.session.add(
        Redaction(
            feedback_id=thread,
            reply_id=reply,
            support_id=support,
            kind=cut.kind[:60],
            characters=len(cut.words) * times,
            reason=rule,
            redacted_at=clock.now(),
            redacted_by_id=actor.id,
        )
    )


def _cleaned(words: Any, take: Callable[[str], tuple[str, int]]) -> Any:
    """The same, with the words taken out of every text in it."""
    if isinstance(words, str):
        return take(words)[0]
    if isinstance(words, dict):
        return {name: _cleaned(value, take) for name, value in words.items()}
    return [_cleaned(value, take) for value in words] if isinstance(words, list) else words


def _clean_editions(thread: int, take: Callable[[str], tuple[str, int]]) -> None:
    for edition in db.session.scalars(sa.select(Edition).where(Edition.feedback_id == thread)):
        cleaned = _cleaned(edition.words, take)
        if cleaned != edition.words:
            edition.words = cleaned


def _clean_drafts(post: Post, thread: int, take: Callable[[str], tuple[str, int]]) -> None:
    """Of drafts of replies in the thread, and of what its author has not posted yet."""
    theirs = sa.and_(Draft.about.startswith("feedback"), Draft.member_id == post.author_id)
    for draft in db.session.scalars(
        sa.select(Draft).where(
            sa.or_(Draft.about == f"reply:{thread}", Draft.about.startswith(f"reply:{thread}~"), theirs)
        )
    ):
        cleaned = _cleaned(draft.fields, take)
        if cleaned != draft.fields:
            draft.fields, draft.version = cleaned, draft.version + 1


def _clean_letters(thread: int, words: Iterable[str]) -> None:
    """Of letters that tell of this thread and have not left."""
    takes = [(_remover(one), _remover(str(escape(one)))) for one in words]
    waiting = (State.WAITING, State.DELAYED, State.HELD)
    names_it = Letter.text.contains(f"/feedback/{thread}", autoescape=True)
    for letter in db.session.scalars(sa.select(Letter).where(Letter.state.in_(waiting), names_it)):
        for take, take_html in takes:
            letter.text, letter.html, letter.subject = (
                take(letter.text)[0], take_html(letter.html)[0], take(letter.subject)[0]
            )  # fmt: skip
