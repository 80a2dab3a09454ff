"""Names of people in a text: first names that stand where somebody is written about.

A word with a capital is not enough, as every sentence begins with one, and neither is a first name: streets, schools and
police operations have those too. So the words before and after a first name decide: somebody's son, somebody's age,
somebody who came, told or owes. Names that are words or places besides (Amber, Jordan) need the plainest of these. Who is
told by title or post is on duty, and who "said" or "wrote" something is most often a colleague: they are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from forum.base.names import ALSO_WORDS, FIRST_NAMES


class Person(NamedTuple):
    """Where in a text the name of somebody stands, and why it looks like one."""

    start: int
    end: int
    why: str


AGED = "It looks like the name of a young person beside their age."
ABOUT = "It looks like the name of somebody you write about."

_NEAR = 70  # characters before and after a name that are looked at

_RELATION = (
    r"(?:(?:grand|god|step|foster|half)[ -]?)?(?:son|daughter|nephew|niece|brother|sister|cousin|twin|sibling|mother|father|mum|mam|mom|"
    r"dad|nan|gran|auntie?|aunty|uncle|carer|partner|boyfriend|girlfriend|ex|mate|friend|child|pupil|student|client|"
    r"service user|patient|resident|tenant|victim|suspect|nominal|offender|boy|girl|lad|lass|man|woman|male|female|"
    r"person|teenager|teen|youngster|youth|kid|youngest|eldest|oldest|dealer|runner)"
)
_TEENS = "nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty"
_AGE = rf"(?:(?:[5-9]|1\d|2[0-5])(?![\d:%.]\d|%)|{_TEENS})\b"
_YEARS_OLD = r"(?:[ -]?(?:years? old|yrs?(?: old)?|y/?o)\b|\)|,|;|(?= and\b)|(?=[.!?])|$|(?= (?:when|but|so|now|in|this|next|last)\b))"
_BEING = r"(?:(?:who|he|she|they)(?: is|['’]s| was|['’]d| are)? |is |was |were |['’]s )?(?:only |just |now |still |nearly |barely |about )*"

_TITLE = re.compile(
    r"(?:\b(?:St|Saint|Sir|Dame|Lord|Lady|Dr|Prof|Professor|Rev|Reverend|Cllr|Councillor|Minister|Secretary|Mayor|King|"
    r"Queen|Prince|Princess|President|Judge|Chair|Head|Director|Commissioner|Inspector|Constable|Sergeant|Sgt|Insp|Supt|"
    r"Superintendent|Chief|Operation|Op|Project|HMP|YOI|DCC|ACC|CC|DCS|DCI|DI|DS|DC|PC|PS|PCSO|the|The)\.? |@)$"
)
_PLACED = re.compile(r"\b(?:in|near|at|via|around|through|outside|between) $")
_THING = re.compile(
    r"(?:['’]s?)?(?: (?:[A-Z&][\w'’-]*|and|of|the)){0,2}? (?:Road|Rd|Street|Avenue|Ave|Lane|Close|Drive|Way|Court|Crescent|Gardens|"
    r"Terrace|Place|Grove|House|Walk|Row|Hill|Mews|Square|Estate|estate|Park|Tower|School|Academy|College|University|"
    r"Trust|Centre|center|League|Foundation|Fund|Hall|Club|Project|Hospital|Ward|Unit|Report|report|Review|review|Act|Law|"
    r"Inquiry|Group|Society|Association|Institute|Award|Church|Ambulance|Station|station|Stations|stations|Library|"
    r"Service|Services|Team|Company|Council|Committee|Line|Young People|Clinic|Index|Scheme|Programme)\b"
)
_ON_DUTY = re.compile(
    r"(?: [A-Z][\w'’-]+)?(?:,? \(?|, )(?:(?:is|was) )?(?:the |our |a |an |their |your )?(?:\w+ )?(?:head|manager|officer|"
    r"lead|chair|chairs|co-chairs|inspector|sergeant|secretary|minister|colleague|coordinator|director|commissioner|MP)\b"
)

_SURNAME = re.compile(r" (?:[A-ZÀ-ÝŴŶ][a-zà-ÿŵŷ'’]+(?:-[A-Z][a-zà-ÿ]+)?(?<!['’]s)|[A-Z]\b\.?(?! ?[A-Z0-9]))")
_WITH_INITIAL = re.compile(r" [A-Z]\b\.?(?! ?[A-Z\d])")
_FIRST = re.compile(r"\b(?P<first>[A-ZÀ-ÝŴŶ][a-zà-ÿŵŷ]+)(?:-[A-Z][a-zà-ÿ]+)?(?![\w@])")
_INITIAL = re.compile(rf"\b(?i:{_RELATION})s?,? (?:called |named )?(?P<it>[A-Z]\. ?[A-Z][a-z'’]+)")

_AGED_AFTER = re.compile(
    rf"(?:,|:| -| –)? ?\(?{_BEING}(?:aged? {_AGE}|{_AGE}{_YEARS_OLD})|,? \(?(?:Y|Yr|Year) ?(?:[1-9]|1[0-3])\b|,? \(?(?:fe)?male, (?:aged )?{_AGE}"
)
_AGED_BEFORE = re.compile(
    rf"\b{_AGE}[ -]?(?:years?|yrs?|y/?o)?[ -]?(?:old)?,? (?:(?:{_RELATION}|named?|called|known as|is|was)[ ,]+)*$",
    re.IGNORECASE,
)
_RELATED = re.compile(
    rf"\b{_RELATION}(?:s|s?['’]s?)?(?:,| \(| –| -| called| named| name| is| was| of|:)*[ (]$", re.IGNORECASE
)
_SOMEWHERE_RELATED = re.compile(rf"\b{_RELATION}(?:s|s?['’]s?)?\b [^.:;?!\n]{{0,35}}(?:, |\()$", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:called|named|name(?:['’]s| is| was)|known as)(?: is| was|:)? $", re.IGNORECASE)
_THEIRS = re.compile(
    r"(?: [A-Z][\w-]+)?['’]s? (?:mum|mam|dad|mother|father|nan\b|gran|parents?|family|brother|sister|sibling|cousin|uncle|aunt|"
    r"teacher|social worker|support worker|key ?worker|YOT|solicitor|friends?\b|mates?\b|girlfriend|boyfriend|partner|ex\b|baby|"
    r"carer|foster|phone|house|flat\b|address|number|bedroom|school\b|case\b|only\b|been\b|just\b|got\b|gone\b|a good lad)"
)
_DOES = re.compile(
    r",?(?: \(?from [^.,;\n]{1,30})?(?: who| and (?:his|her|their) [^.,;\n]{1,25})? (?:(?:also|just|then|still|never|always|only) )*"
    r"(?:(?:is|was)(?! (?:right|correct|spot|absolutely|chair|asking|suggesting))|has|had|came|comes|went|goes|got|gets|wants?|wanted|needs?|needed|won['’]t|"
    r"can['’]t|cannot|couldn['’]t|didn['’]t|doesn['’]t|hasn['’]t|hadn['’]t|isn['’]t|wasn['’]t|told (?:us|me|them|her|his|staff|police)|thinks|owes?|owed|lives?|lived|"
    r"stays?|stayed|sleeps?|slept|turned|ran|runs|carries|carried|sells|sold|left|disclosed|refuses|refused|rang|keeps|kept|deals|dealt|"
    r"drives|lost|moved|disappeared|returned|admitted|denied|were|died|cried|tried|started|stopped|threatened|stabbed|hit|since)\b"
)
_TOUCHED = re.compile(
    r"\b(?:ask for|spoke (?:to|with)|speak(?:ing)? (?:to|with)|talk(?:ed|ing) (?:to|with)|met with|work(?:ed|ing) with|(?:mov|dropp|plac|arrest|"
    r"excluded?|stabb|groom|threaten|recruit|rob|visit)(?:ed|ing)|referral for|referred|saw|look after|look(?:ing)? for|worried about|"
    r"ring|rang|text(?:ed)?|phoned|case:|case of|since|when|from|about|it['’]s|it is|on behalf of|with) (?:young |little |poor |our )?$",
    re.IGNORECASE,
)  # fmt: skip
_AND = re.compile(r"(?:,? and |, | & |/)$")


def find(text: str) -> Iterator[Person]:
    """People a text writes about by name, in its order."""
    reached = 0
    for match in _FIRST.finditer(text):
        start = match.start()
        if start < reached or _plain(match["first"]) not in FIRST_NAMES:
            continue
        surname = _SURNAME.match(text, match.end())
        end = surname.end() if surname else match.end()
        follows = reached > 0 and start - reached <= 6 and _AND.fullmatch(text, reached, start) is not None
        why = _why(
            _before(text, start), text[match.end() : match.end() + _NEAR], text[end : end + _NEAR], match["first"]
        )
        if why or (follows and not _THING.match(text, match.end())):
            reached = end
            yield Person(start, end, why or ABOUT)
    for match in _INITIAL.finditer(text):
        yield Person(match.start("it"), match.end("it"), ABOUT)


def _why(before: str, after_first: str, after: str, first: str) -> str:
    """Why a name between these words is that of somebody written about; empty when it is not."""
    if _TITLE.search(before) or _THING.match(after_first):
        return ""
    if _AGED_AFTER.match(after) or _AGED_AFTER.match(after_first) or _AGED_BEFORE.search(before):
        return AGED
    if _RELATED.search(before) or _NAMED.search(before) or _THEIRS.match(after_first):
        return ABOUT
    if _plain(first) in ALSO_WORDS or _PLACED.search(before) or _ON_DUTY.match(after_first):
        return ""
    if _SOMEWHERE_RELATED.search(before) or _WITH_INITIAL.match(after_first) or _DOES.match(after):
        return ABOUT
    return ABOUT if _TOUCHED.search(before) else ""


def _before(text: str, start: int) -> str:
    """The words before this place that belong to its sentence."""
    near = text[max(0, start - _NEAR) : start]
    return re.split(r"[.!?\n](?=\s)", near)[-1]


def _plain(name: str) -> str:
    """In small letters without accents: Siân is sian."""
    return "".join(one for one in unicodedata.normalize("NFD", name.lower()) if not unicodedata.combining(one))
