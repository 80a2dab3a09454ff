"""Reading feedback, posting it and answering it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from forum.base import clock, richtext
from forum.base.db import LARGEST_NUMBER, transaction
from forum.base.errors import NotFound, Rejected
from forum.challenges import queries as challenges
from forum.challenges.rules import may_keep
from forum.feedback import commands, queries, rules
from forum.feedback.commands.drafting import forget_posted
from forum.feedback.commands.drafting import save as save_draft
from forum.feedback.commands.posting import SentTwice
from forum.feedback.models import Attribution, Draft, Feedback, FeedbackKind, Reply
from forum.feedback.queries import answering, asking, attaching, drafting
from forum.feedback.rules import answering as officials
from forum.feedback.rules import entering as entries
from forum.feedback.rules import supporting as supports
from forum.feedback.rules.beginning import check_area, title_of
from forum.feedback.rules.guarding import MayIdentify
from forum.feedback.rules.mentioning import ReachesMany
from forum.reference.models import PoliceForce, Priority, Theme
from forum.reference.queries import by_slug, choices_of
from forum.reference.queries import get as entry
from forum.search.queries.similar import Similar, similar
from forum.web.feedback import filters, parking, rows
from forum.web.feedback.drafted import first_words, sent_by, typed
from forum.web.feedback.forms import EditForm, FilingForm, PostForm, ReplyForm, attributions
from forum.web.furniture import me, say, takes_files, this_page

blueprint = Blueprint("feedback", __name__, url_prefix="/feedback")
Made = TypeVar("Made", Feedback, Reply)


@blueprint.get("")
def list_threads() -> ResponseReturnValue:
    offered, new = queries.choices_and_unread(me())
    sent = request.args.to_dict()  # asking a MultiDict for what is not there raises and catches
    selects = filters.selects(offered, sent)
    wanted = filters.narrowing(selects, sent)
    page = queries.threads(me(), wanted, sent.get("key"))
    themes, marks = dict(offered.themes), challenges.of_threads(row.id for row in page.items)
    return render_template(
        "feedback/list.html",
        page=page,
        rows=rows.drawn(page.items, themes, marks, wanted.only_mine),
        wanted=wanted,
        selects=selects,
        chips=filters.chips(selects, this_page),
        themes=themes,
        unread_threads=new,
    )


@blueprint.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    return _page_of(number)


@blueprint.get("/<int:number>/history")
def history(number: int) -> ResponseReturnValue:
    thread = queries.thread(me(), number)
    page = queries.changes(number, request.args.get("key"))
    return render_template("feedback/history.html", thread=thread, page=page)


# --- posting ---------------------------------------------------------------------------------------------------------


@blueprint.route("/new", methods=["GET", "POST"])
@takes_files
def post() -> ResponseReturnValue:
    if "begin" in request.form:
        return _begun(request.form.get("words", "")[:20_000])
    theme = _theme_that_led_here()
    asked = asking.of_themes(chosen_themes() if request.method == "POST" else [theme.id] if theme else [])
    files = parking.take_in("feedback")
    kind = PostForm.asking(asked.questions).with_files(files.parked)
    kept = drafting.drafts(me(), "feedback") if request.method == "GET" else []
    draft = next((one for one in kept if one.id == request.args.get("draft", type=int)), None)
    form = _continued(draft) if draft else kind() if request.method == "POST" else _first_form(kind, theme)
    offer(form)
    worries: Rejected | None = None
    if "save" in request.form:
        return _keep_draft("feedback", form.form_key.data or "", url_for(".post"))
    if not {"preview", "ask", *parking.BUTTONS} & request.form.keys() and form.submitted() and not files.refusals:
        try:
            check_area(form.attribution.data, form.force_id.data, _own_area(), has_seen_area(form))
            feedback = once(lambda: _post(form))
        except Rejected as refusal:
            form.reject(refusal)
            worries = refusal
        else:
            say(
                f"{feedback.reference} {'waits for the secretariat to look at it' if feedback.held_at else 'is posted'}"
            )
            return redirect(url_for(".show", number=feedback.id))
    preview = preview_of(form, lambda how: rules.attributed_to(how, me()))
    form.refuse(files.refusals)
    drafts = [] if draft else [(one, first_words(one)) for one in kept]
    page = {"form": form, "preview": preview, "asked": asked, "drafts": drafts, **asked_about(worries)}
    page["is_short"] = "short" in request.form
    page["similar"] = _similar(form)
    return render_template("feedback/new.html", **page)


def _begun(words: str) -> ResponseReturnValue:
    """The second step of the short way in: everything is filled in but the kind."""
    form = PostForm.begun(words, title_of(words), drafting.last_attribution(me()), _own_area())
    offer(form)
    page: dict[str, Any] = {"preview": None, "drafts": [], "is_short": True, "similar": _similar(form)}
    return render_template("feedback/new.html", form=form, asked=asking.NOTHING, **page)


def _similar(form: PostForm) -> list[Similar]:
    """What was said already and is like this, on every page that comes back with a title."""
    return similar(me(), form.title.data or "", form.happening.data or "") if form.title.data else []


def _own_area() -> int | None:
    organisation = me().organisation
    return organisation.force_id if organisation else None


def has_seen_area(form: Any) -> bool:
    """Whether this very area was asked about: the form carries it from then on."""
    asked, area = form.seen_area.data, str(form.force_id.data or "")
    form.seen_area.typed = area
    return bool(asked) and asked == area


def _continued(draft: Draft) -> PostForm:
    """The form as the draft holds it."""
    sent = sent_by(draft)
    asked = asking.of_themes(numbers(sent.getlist("theme_ids")))
    kind = PostForm.asking(asked.questions).with_files(parking.of_draft(sent))
    form: PostForm = kind(formdata=sent)
    return form


def _keep_draft(about: str, form_key: str, place: str) -> ResponseReturnValue:
    """By the button, for those without script."""
    with transaction():
        save_draft(me(), about, typed(), form_key)
    say("Your draft is saved. Nobody else sees it")
    return redirect(place)


@blueprint.get("/questions")
def questions() -> ResponseReturnValue:
    """The questions of some themes, for the page's script to put into the form."""
    asked = asking.of_themes(numbers(request.args.getlist("theme")))
    form = PostForm.asking(asked.questions)(formdata=None)
    return render_template("feedback/questions.html", form=form, asked=asked)


def confirmations() -> dict[str, Any]:
    """What the author was shown about their words, and agreed to: what may identify somebody, and how many are told."""
    return {name: request.form.get(name, "") for name in ("confirmed", "told")}


def asked_about(refusal: Rejected | None) -> dict[str, Rejected | None]:
    """What the form asks the author about, as its templates know it."""
    return {
        "worries": refusal if isinstance(refusal, MayIdentify) else None,
        "many": refusal if isinstance(refusal, ReachesMany) else None,
    }


def chosen_themes() -> list[int]:
    return numbers(request.form.getlist("theme_ids"))


def numbers(words: list[str]) -> list[int]:
    """Those of these words that a row's number can be."""
    short = (word for word in words if word.isascii() and word.isdigit() and len(word) < 11)
    return [number for number in map(int, short) if 0 < number <= LARGEST_NUMBER]


def _theme_that_led_here() -> Theme | None:
    """By its number or its slug."""
    given = request.args.get("theme", "")
    if found := numbers([given]):
        return entry(Theme, found[0])
    return by_slug(Theme, given) if given and not given.isdigit() else None


def _first_form(kind: type[PostForm], theme: Theme | None) -> PostForm:
    """An empty form, with the person's area, and the theme that led here with its usual priority."""
    form = kind.new(
        me(),
        _own_area(),
        [theme.id] if theme else [],
        theme.usual_priority_id if theme else None,
    )
    if request.args.get("kind") == FeedbackKind.GOOD_PRACTICE.value:
        form.kind.data = FeedbackKind.GOOD_PRACTICE
    return form


def offer(form: FilingForm) -> None:
    """What may be chosen today."""
    priorities, forces = choices_of(Priority, PoliceForce)
    form.offer(priorities, queries.themes_to_post(), forces)
    if isinstance(form, EditForm):
        form.attribution.choices = attributions(me())


def preview_of(form: EditForm, author: Callable[[Attribution], str]) -> dict[str, Any] | None:
    """How the post would look, when that was asked for and nothing is wrong; nothing is stored. `author`: who it is by,
    as it is to be attributed."""
    if "preview" not in request.form or not form.submitted():
        return None
    try:
        parts = {name: Markup(richtext.to_html(form[name].data)) for name in ("happening", "affected", "would_help")}  # noqa: S704 - richtext sanitises
    except Rejected as refusal:
        form.reject(refusal)
        return None
    answers = [(field.label.text, field.data) for field in form.questions if field.data]
    return {"title": form.title.data, "author": author(form.attribution.data), "answers": answers, **parts}


@blueprint.post("/<int:number>/reply")
@takes_files
def reply(number: int) -> ResponseReturnValue:
    files = parking.take_in(f"reply:{number}", lambda: queries.thread(me(), number))
    form = ReplyForm.with_files(files.parked)().offer(me())
    worries: Rejected | None = None
    if "save" in request.form:
        queries.thread(me(), number)
        place = url_for(".show", number=number, _anchor="reply")
        return _keep_draft(f"reply:{number}", form.form_key.data or "", place)
    if not set(parking.BUTTONS) & request.form.keys() and form.submitted() and not files.refusals:
        try:
            said = once(lambda: _reply(number, form))
        except Rejected as refusal:
            form.reject(refusal)
            worries = refusal
        else:
            return redirect(url_for(".show", number=number, at=said.id, _anchor=f"post-{said.id}"))
    form.refuse(files.refusals)
    if files.parked:
        form.drafted.typed = "1"
    return _page_of(number, form, worries)


@blueprint.get("/<int:number>/quote/<int:reply_number>")
def quote(number: int, reply_number: int) -> ResponseReturnValue:
    """The words of a reply (0: of the first post) as a quote, for the page's script to put into the form."""
    words = queries.words_to_quote(me(), number, reply_number or None)
    if not words:
        raise NotFound
    return Response(words, mimetype="text/plain")


def once(stored: Callable[[], Made]) -> Made:
    """What the form makes; of two that were sent at the very same moment, the other is led to what the first made."""
    try:
        with transaction():
            return stored()
    except SentTwice:
        with transaction():
            return stored()


def _post(form: PostForm) -> Feedback:
    feedback = commands.post(me(), **form.details(), **confirmations())
    forget_posted(me(), "feedback", form.form_key.data or "")
    return feedback


def _reply(number: int, form: ReplyForm) -> Reply:
    said = commands.reply(me(), number, form.body.data, **form.details(), **confirmations())
    if request.form.get("drafted") or form.parked:
        forget_posted(me(), f"reply:{number}", form.form_key.data or "")
    return said


# --- reading ---------------------------------------------------------------------------------------------------------


@blueprint.post("/<int:number>/read")
def read(number: int) -> ResponseReturnValue:
    """Told by the page's script when it is on show, or by the button without script."""
    with transaction():
        commands.mark_read(me(), number, _seen_until())
    if "return" in request.form:
        return redirect(url_for(".list_threads"))
    return "", 204


@blueprint.post("/read")
def read_all() -> ResponseReturnValue:
    with transaction():
        commands.mark_all_read(me())
    say("All feedback is marked as read")
    return redirect(url_for(".list_threads"))


def _seen_until() -> datetime:
    """The moment up to which the page showed what was said: something newer may have come since."""
    now = clock.now()
    try:
        seen = datetime.fromisoformat(request.args.get("until", ""))
    except ValueError:
        return now
    return min(seen, now) if seen.tzinfo else now


def _page_of(number: int, form: ReplyForm | None = None, worries: Rejected | None = None) -> ResponseReturnValue:
    """The thread, a page of its replies, and the form at its foot."""
    thread = queries.thread(me(), number)
    at = request.args.get("at", type=int)
    page = queries.replies(me(), number, request.args.get("key"), at if at and 0 < at <= LARGEST_NUMBER else None)
    may_reply = rules.may_reply(me(), thread)
    is_last = page.next_key is None
    return render_template(
        "feedback/show.html",
        thread=thread,
        page=page,
        is_first=not page.items or page.items[0].id == thread.first_reply,
        is_last=is_last,
        seen_until=thread.active_at if is_last else page.items[-1].posted_at,
        form=form or (_reply_form(thread) if may_reply else None),
        may_reply=may_reply,
        may_cite=may_keep(me()),
        challenges=challenges.of_threads([number]).get(number, []),
        kind=rules.KINDS[thread.kind],
        rules=rules,
        **asked_about(worries),
        notes=answering.notes(me(), number),
        answers=officials,
        supports=supports,
        entries=entries,
        days_to_answer=_days_to_answer(thread),
        files=_files(thread, page.items),
    )


def _files(thread: queries.Thread, replies: Sequence[queries.PostRow]) -> dict[int | None, list[attaching.FileRow]]:
    """The files beside the posts of a page. No statement where the thread has none."""
    if not thread.has_files:
        return {}
    return attaching.of_posts(me(), thread.id, [post.id for post in replies], with_first=True)


def _days_to_answer(thread: queries.Thread) -> int | None:
    """How many working days it took until the department first replied, for officials."""
    if thread.first_answered_at is None or not officials.may_work(me()):
        return None
    asked, answered = (clock.london(moment).date() for moment in (thread.posted_at, thread.first_answered_at))
    return officials.working_days_between(asked, answered)


def _reply_form(thread: queries.Thread) -> ReplyForm:
    """An empty reply, or one that begins with the words of the post to quote (0: the first)."""
    quoted = request.args.get("quote", type=int)
    body = ""
    if quoted is not None and 0 <= quoted <= LARGEST_NUMBER:
        body = queries.words_to_quote(me(), thread.id, quoted or None)
    if thread.has_draft and (kept := drafting.drafts(me(), f"reply:{thread.id}")):
        sent = sent_by(kept[0])
        sent["body"] = sent.get("body", "") + (f"\n\n{body}" if body else "")
        form: ReplyForm = ReplyForm.with_files(parking.of_draft(sent))(formdata=sent)
        return form.offer(me())
    own = thread.attribution if thread.author_id == me().id else Attribution.ORGANISATION
    return ReplyForm.new(body, own).offer(me())
