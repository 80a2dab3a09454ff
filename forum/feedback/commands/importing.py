"""Bringing in an archive: threads and replies of people who need not be members.

`plan` says what would be done and changes nothing; `bring_in` does it. Every row has an identity made of the archive's
name and the row's own (or its content), so the same file brought in twice adds nothing the second time.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from forum.base import clock, files, history, richtext
from forum.base.db import db
from forum.base.errors import Rejected
from forum.base.tables import read_table
from forum.feedback import rules
from forum.feedback.commands.mapping import Mapping
from forum.feedback.commands.posting import rendered, worded
from forum.feedback.models import Attribution, Feedback, FeedbackKind, Reply
from forum.members.models import Member, Organisation
from forum.reference.models import Listed, Marking, PoliceForce, Priority, Theme

MOST = 10_000
TITLE = 80  # characters of a title made from the first words
AT_ONCE = 500

Row = dict[str, Any]


class Said(NamedTuple):
    """A reply that can be brought in."""

    key: str
    body: str
    html: str
    contributor: str
    at: datetime


@dataclass
class PlannedThread:
    """A row of the file. `problem` says why it cannot be brought in; `is_known` that it has been before."""

    number: int
    title: str = ""
    key: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    replies: list[Said] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problem: str = ""
    is_known: bool = False


@dataclass
class Plan:
    """What would be brought in. `themes` gives the theme of each label, None for one that is to be made."""

    threads: list[PlannedThread]
    themes: dict[str, Theme | None]
    remarks: list[str]

    @property
    def new(self) -> list[PlannedThread]:
        return [thread for thread in self.threads if not thread.problem and not thread.is_known]

    @property
    def made_themes(self) -> list[str]:
        return sorted(label for label, theme in self.themes.items() if theme is None)


# --- planning --------------------------------------------------------------------------------------------------------


def plan(actor: Member | None, data: bytes, name: str, mapping: Mapping) -> Plan:
    """What bringing in this file would do. Raises Rejected for a file, or a mapping, that cannot be used at all."""
    rules.check_bringing_in(actor)
    reader = _Reader(mapping)
    threads = [reader.thread(number, row) for number, row in _rows(data, name, mapping)]
    known = _known_keys([thread.key for thread in threads])
    seen: set[str] = set()
    for thread in threads:
        thread.is_known = thread.key in known or thread.key in seen
        seen.add(thread.key)
    labels = {label for thread in threads if not thread.problem for label in thread.labels}
    return Plan(threads, reader.themes(labels), [*reader.remarks, *reader.remarks_on_dates()])


def _known_keys(keys: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), AT_ONCE):
        some = sa.select(Feedback.form_key).where(Feedback.form_key.in_(keys[start : start + AT_ONCE]))
        found.update(key for key in db.session.scalars(some) if key)
    return found


def _rows(data: bytes, name: str, mapping: Mapping) -> Iterator[tuple[int, Row]]:
    """The rows of the file with their numbers, as a spreadsheet program or a reader of the list counts them."""
    if name.lower().endswith((".json", ".jsonl", ".ndjson")):
        yield from enumerate(_list(data, name, mapping), 1)
        return
    table = read_table(data, name, MOST)
    if mapping.text not in table.columns:
        raise Rejected(f"{name} has no column “{mapping.text}”. Its columns are: {', '.join(table.columns)[:500]}.")
    yield from zip(table.numbers, table.rows, strict=True)


def _list(data: bytes, name: str, mapping: Mapping) -> list[Row]:
    text = files.decode(data)
    try:
        if name.lower().endswith(".json"):
            found = _part(json.loads(text or ""), mapping.list) if mapping.list else json.loads(text or "")
        else:
            found = [json.loads(line) for line in (text or "").splitlines() if line.strip()]
    except (ValueError, RecursionError) as fault:
        raise Rejected(f"{name} is not JSON: {fault}.") from None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Rejected(f"{name} has no list of threads{f' at “{mapping.list}”' if mapping.list else ''}.")
    if len(found) > MOST:
        raise Rejected(f"{name} has more than {MOST:,} threads. Split it.")
    return found


def _part(row: Any, name: str) -> Any:
    """A part of a row by its name; dots lead into parts of parts."""
    if not name or not isinstance(row, dict):
        return None
    if name in row:
        return row[name]
    head, _, rest = name.partition(".")
    return _part(row.get(head), rest)


def _words(value: Any) -> str:
    """A part as text; of a person or a label given with its parts, the name."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("name", "title", "login", "label") if name in value), "")
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


class _Reader:
    """Reads rows as the mapping says, with the lists at hand."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.remarks: list[str] = []
        self.now = clock.now()
        self.lists = {"priority": _by_name(Priority), "area": _by_name(PoliceForce)}
        self.theme_list = _by_name(Theme)
        self.organisations = {
            key.casefold(): number
            for number, slug, name in db.session.execute(
                sa.select(Organisation.id, Organisation.slug, Organisation.name)
            )
            for key in (slug, name)
        }
        self.strange: set[str] = set()
        self.formats: Counter[str] = Counter()

    def thread(self, number: int, row: Row) -> PlannedThread:
        text = richtext.clean(_words(_part(row, self.mapping.text)))
        title = richtext.plain(_words(_part(row, self.mapping.title))) or _first_words(text)
        planned = PlannedThread(number, title=_shortened(title, 200), key=self._identity(row, text))
        try:
            if not text and not title:
                raise Rejected("There are no words.")
            planned.values = self._values(row, planned.title, text or title)
            planned.labels = self._labels(row)
            planned.replies = list(self._replies(row, planned))
        except Rejected as refusal:
            planned.problem = refusal.message
        return planned

    def _identity(self, row: Row, text: str) -> str:
        own = _words(_part(row, self.mapping.id))
        return _key(self.mapping.source, own or json.dumps(row, sort_keys=True, default=str) or text)

    def _values(self, row: Row, title: str, text: str) -> dict[str, Any]:
        at = self._moment(_part(row, self.mapping.date)) if self.mapping.date else self.now
        closed, always = self.mapping.closed, self.mapping.always
        is_closed = bool(closed.column) and _words(_part(row, closed.column)) in closed.words
        return {
            **worded(title, text, "", ""),
            "kind": _enum(FeedbackKind, self._cell(row, "kind"), "kind"),
            "priority_id": self._entry(row, "priority"),
            "force_id": self._entry(row, "area"),
            "organisation_id": self._organisation(_words(_part(row, self.mapping.organisation)).strip()),
            "contributor": richtext.plain(_words(_part(row, self.mapping.contributor)))[:200],
            "attribution": _enum(Attribution, always.attribution, "attribution"),
            "marking": _enum(Marking, always.marking, "marking"),
            "posted_at": at,
            "closed_at": at if is_closed else None,
            "closed_because": closed.because if is_closed else "",
            "source": self.mapping.source[:60],
        }

    def _cell(self, row: Row, name: str) -> str:
        """What the row says of kind, priority or area, as a slug; else what always holds."""
        said = _words(_part(row, getattr(self.mapping, name))).strip()
        return self.mapping.values.get(said, said) or str(getattr(self.mapping.always, name))

    def _entry(self, row: Row, name: str) -> int | None:
        said = self._cell(row, name)
        if said and said.casefold() not in self.lists[name]:
            raise Rejected(f"The {name} “{said[:60]}” is not in the list.")
        return self.lists[name][said.casefold()].id if said else None

    def _organisation(self, name: str) -> int | None:
        found = self.organisations.get(name.casefold())
        if name and found is None and name not in self.strange:
            self.strange.add(name)
            self.remarks.append(f"No organisation is called “{name[:100]}”: these words are kept without one.")
        return found

    def _moment(self, value: Any) -> datetime:
        said = _words(value).strip()
        moment = self._date(said)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=clock.LONDON)
        if moment > self.now or moment.year < 1900:
            raise Rejected(f"“{said[:40]}” is not a date on which anybody wrote this.")
        return moment

    def _date(self, said: str) -> datetime:
        for wanted in self.mapping.date_formats or ("",):
            try:
                found = datetime.strptime(said, wanted) if wanted else datetime.fromisoformat(said)  # noqa: DTZ007
            except ValueError:
                continue
            self.formats[wanted] += 1
            return found
        raise Rejected(f"“{said[:40]}” is not a date as the mapping says.")

    def _labels(self, row: Row) -> list[str]:
        """The themes of a row as the mapping calls them; a label that means none is left out."""
        themes = self.mapping.themes
        said = [name for name in self._theme_columns(row) if _words(row.get(name)).strip() not in {"", "0", "no", "No"}]
        value = _part(row, themes.column)
        if isinstance(value, list):
            said += [_words(one) for one in value]
        elif value:
            said += _words(value).split(themes.separator) if themes.separator else [_words(value)]
        meant = [themes.called.get(label.strip(), label.strip()) for label in said]
        return list(dict.fromkeys(richtext.plain(label)[:200] for label in meant if label))

    def _theme_columns(self, row: Row) -> Iterable[str]:
        themes = self.mapping.themes
        if not themes.first:
            return themes.columns
        names = list(row)
        if themes.first not in names or themes.last not in names:
            raise Rejected("The columns of themes that the mapping names are not in the file.")
        return [*names[names.index(themes.first) : names.index(themes.last) + 1], *themes.columns]

    def _replies(self, row: Row, thread: PlannedThread) -> Iterator[Said]:
        mapping = self.mapping.replies
        said = _part(row, mapping.list) or []
        for place, one in enumerate(said if isinstance(said, list) else [], 1):
            body = richtext.clean(_words(_part(one, mapping.text)))
            try:
                if not body:
                    raise Rejected("it has no words.")
                at = self._moment(_part(one, mapping.date)) if mapping.date else thread.values["posted_at"]
                contributor = richtext.plain(_words(_part(one, mapping.contributor)))[:200]
                yield Said(_key(thread.key, str(place)), body, rendered(body, "body"), contributor, at)
            except Rejected as refusal:
                thread.remarks.append(f"Reply {place} is left out: {refusal.message}")

    def remarks_on_dates(self) -> list[str]:
        """An archive that mixes ways to write dates may have days and months swapped where nobody can tell."""
        if len(self.formats) < 2:
            return []
        counted = ", ".join(f"{count} as {wanted}" for wanted, count in self.formats.most_common())
        return [f"Dates are written in different ways: {counted}. Check that days and months are right."]

    def themes(self, labels: Iterable[str]) -> dict[str, Theme | None]:
        """The theme of each label. One that is not in the list is made, or, unless the mapping says so, remarked on."""
        found: dict[str, Theme | None] = {}
        for label in sorted(labels):
            theme = self.theme_list.get(label.casefold())
            if theme is not None or self.mapping.themes.create:
                found[label] = theme
            else:
                self.remarks.append(f"No theme is called “{label}”: these words are kept without it.")
        return found


def _by_name(kind: type[Any]) -> dict[str, Any]:
    """A list's entries by slug and by title."""
    entries: list[Listed] = list(db.session.scalars(sa.select(kind)))
    return {key.casefold(): entry for entry in entries for key in (entry.title, entry.slug)}


def _enum(kind: type[Any], said: str, called: str) -> Any:
    try:
        return kind(said)
    except ValueError:
        known = ", ".join(one.value for one in kind)
        raise Rejected(f"“{said[:60]}” is no {called}. Known are: {known}.") from None


def _first_words(text: str) -> str:
    """A title for words that have none."""
    plain = richtext.plain(richtext.to_text(richtext.to_html(text[: 10 * TITLE])))
    sentence = re.split(r"(?<=[.!?])\s", plain, maxsplit=1)[0]
    return _shortened(sentence, TITLE)


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


# --- doing it --------------------------------------------------------------------------------------------------------


def bring_in(actor: Member | None, planned: Plan) -> int:
    """Do what the plan says, whole or not at all; gives how many threads were added."""
    rules.check_bringing_in(actor)
    themes = {label: theme or _make_theme(actor, label) for label, theme in planned.themes.items()}
    db.session.flush()
    new = sorted(planned.new, key=lambda thread: thread.values["posted_at"])
    added = [(thread, _thread(actor, thread, themes)) for thread in new]
    db.session.add_all(feedback for _, feedback in added)
    try:
        db.session.flush()
    except sa.exc.IntegrityError:
        raise Rejected("Somebody else brought in this file at this very moment. Look at it again.") from None
    db.session.add_all(_reply(actor, said, feedback) for thread, feedback in added for said in thread.replies)
    for _, feedback in added:
        history.note(actor, "imported", feedback)
    db.session.flush()
    return len(added)


def _thread(actor: Member | None, planned: PlannedThread, themes: dict[str, Theme]) -> Feedback:
    latest = max((said.at for said in planned.replies), default=planned.values["posted_at"])
    return Feedback(
        **planned.values,
        form_key=planned.key,
        posted_by_id=actor.id if actor else None,
        themes=[themes[label] for label in planned.labels if label in themes],
        active_at=max(latest, planned.values["posted_at"]),
        reply_count=len(planned.replies),
    )


def _reply(actor: Member | None, said: Said, feedback: Feedback) -> Reply:
    return Reply(
        feedback_id=feedback.id,
        form_key=said.key,
        posted_by_id=actor.id if actor else None,
        contributor=said.contributor,
        attribution=feedback.attribution,
        posted_at=said.at,
        body=said.body,
        html=said.html,
    )


def _make_theme(actor: Member | None, label: str) -> Theme:
    base = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:50] or "theme"
    taken = set(db.session.scalars(sa.select(Theme.slug).where(Theme.slug.startswith(base))))
    slug = next(name for name in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
    last = db.session.scalar(sa.select(sa.func.max(Theme.position))) or 0
    theme = Theme(slug=slug, title=label, kind="imported", description="", position=last + 1)
    db.session.add(theme)
    db.session.flush()
    history.note(actor, "added to the list", theme)
    return theme
