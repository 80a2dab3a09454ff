"""What in a text may tell who a person is: numbers with their check digits, addresses, and names beside an age.

It reads as a careful colleague would who looks over your shoulder: it points at words and says why. It does not
understand the text, so the person decides. Published numbers of organisations and helplines are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from forum.base import persons


class Find(NamedTuple):
    """Words that may tell who somebody is. `start` and `end` are their place in the text."""

    kind: str
    words: str
    start: int
    end: int
    why: str


def find(text: str) -> list[Find]:
    """What may be personal data, in the order of the text; words that two rules find are given once."""
    found: list[Find] = []
    for one in sorted((f for look in _LOOKS for f in look(text)), key=lambda f: (f.start, -f.end)):
        if not found or one.start >= found[-1].end:
            found.append(one)
    return found


def _finds(kind: str, why: str, pattern: re.Pattern[str], is_it: Callable[[str], bool] = bool) -> _Look:
    """What this pattern finds (its group "it", or all of it), where `is_it` agrees."""

    def look(text: str) -> Iterator[Find]:
        for match in pattern.finditer(text):
            group = "it" if "it" in pattern.groupindex else 0
            if is_it(match[group]):
                yield Find(kind, match[group], match.start(group), match.end(group), why)

    return look


def _away_from_venues(kind: str, why: str, pattern: re.Pattern[str]) -> _Look:
    """What this pattern finds, unless the words before it speak of a place where people meet or work."""

    def look(text: str) -> Iterator[Find]:
        for match in pattern.finditer(text):
            if not _VENUE.search(text, max(0, match.start() - 80), match.start()):
                yield Find(kind, match["it"], match.start("it"), match.end("it"), why)

    return look


_Look = Callable[[str], Iterator[Find]]


def _digits(words: str) -> str:
    return re.sub(r"\D", "", words)


# --- numbers -----------------------------------------------------------------------------------------------------------


def is_nhs_number(words: str) -> bool:
    """Ten digits of which the last is the check digit (modulus 11; NHS Data Dictionary)."""
    digits = [int(digit) for digit in _digits(words)]
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    check = 11 - sum(digit * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    return check % 11 == digits[9] and check != 10


def _is_card(words: str) -> bool:
    """Sixteen digits that pass Luhn's check."""
    digits = [int(digit) for digit in _digits(words)][::-1]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    return len(digits) == 16 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_private_phone(words: str) -> bool:
    """A number a person may answer: mobile or of a place. Freephone (080), 03, 09 and 0845 numbers are organisations'."""
    digits = re.sub(r"^(00)?44(0)?", "0", _digits(words))
    return len(digits) in (10, 11) and re.match(r"0(1|2|7)", digits) is not None


_PHONE = re.compile(r"(?<![\w/.-])(?:\+44\s?(?:\(0\)\s?)?|0044\s?|\(?0)(?:\d\)?[\s-]?){8,9}\d(?![\w/-])")
_NHS = re.compile(r"(?<![\d/.-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\d/-])")
# Told to be one, so a slip in typing it does not hide it.
_NHS_SAID = re.compile(r"\bNHS\b(?: (?:number|no\b\.?))?[^.\n\d]{0,25}(?P<it>\d{3}[ -]?\d{3}[ -]?\d{4})(?![\d/-])")
_INSURANCE = re.compile(r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b")
_CARD = re.compile(r"(?<!\d)(?:\d{4}[ -]?){3}\d{4}(?!\d)")
_POLICE = re.compile(
    r"\b(?:PNC|CRO|crime|custody|incident|occurrence|URN|log)\b[ -]*(?:id|records?|numbers?|no\b\.?|ref(?:erence)?\b\.?)?(?: is| was)?[ :#-]*"
    r"(?P<it>(?=[\w/-]*\d{3})(?:[A-Z]{1,4}/)?\w*\d[\w/-]{3,}\d[A-Z]?)\b",
    re.IGNORECASE,
)
_PASSPORT = re.compile(r"\bpassport\b(?:[^.\n]|\bno\.){0,25}?(?P<it>\b\d{9}\b)", re.IGNORECASE)

# --- addresses ---------------------------------------------------------------------------------------------------------

# "team@", "safeguarding.hub@": a mailbox of an organisation, which is no person's.
_SHARED = (
    r"(?:info|enquir\w*|contact\w*|admin\w*|office|safeguarding|mash|referral\w*|team|hello|help\w*|support|forum|"
    r"secretariat|press|news\w*|events?|feedback|reception|school|training|consultation\w*|gangs?|egve)"
)
_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_IS_SHARED = re.compile(rf"{_SHARED}(?:[._-]\w+)*@|(?:\w+[._-])+{_SHARED}@", re.IGNORECASE)
_POSTCODE = (
    r"(?-i:[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2})"  # the last two letters are never C I K M O V: "3AM" is none
)
_ROAD = r"(?:Road|Rd|Street|St|Avenue|Ave|Lane|Close|Drive|Court|Crescent|Gardens|Terrace|Place|Grove|Mews|Walk|View|Parade|Rise)"
_NUMBER = r"(?:Flat \w+,? ?)?(?:No\.? ?)?\d{1,4}[a-z]?,?"
_STREET = rf"{_NUMBER} (?:[A-Z][\w'’-]+ ){{1,3}}(?:{_ROAD}|Way|House|Row|Hill|Square|Estate)\b"
_AT_HOME = re.compile(
    rf"\b(?:lives?|living|home|homes|address|stays?|staying|stayed|resid\w+|moved|tenant|flat|mum's|dad's|nan's|found|visited)\b"
    rf"[^.\n]{{0,40}}?(?P<it>{_STREET})",
)
_HOUSE = re.compile(
    rf"(?<![\w/.-])(?P<it>(?:Flat \w+,? ?)?(?!(?:19|20)\d\d )\d{{1,4}}[a-z]? (?:[A-Z][\w'’-]+ ){{1,2}}{_ROAD}\b)(?! (?:and|&) [A-Z])"
)
_FLAT = re.compile(
    r"\b(?P<it>[Ff]lat \d+\w?,? (?:[A-Z][\w'’-]+ ){1,3}(?:House|Court|Tower|Point|Heights|Mansions|Lodge))\b"
)
# From the last number before the postcode: an age or a phone number further left is no part of the address.
_HOUSE_AND_POSTCODE = re.compile(
    rf"(?P<it>\b(?:Flat \d+\w?,? )?(?:Flat )?\d{{1,4}}[a-zA-Z]?\b(?:(?!\b\d{{1,4}}[a-zA-Z]?\b)[^.\n]){{0,60}}?\b{_POSTCODE}\b)"
)
_HOME_POSTCODE = re.compile(rf"(?<![\w-])(?P<it>{_POSTCODE})(?![\w-])")
# Where people meet and work has an address that anybody may know.
_VENUE = re.compile(
    r"\b(?:meets?|meeting|held|venue|based|office|offices|centre|hall|hub|church|mosque|school|academy|college|library|clinic|surgery|"
    r"hospital|station|court|event|session|drop-in|conference|training|headquarters|HQ|write to|post to|council)\b[^.\n]{0,60}$",
    re.IGNORECASE,
)
_IP = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])")

# --- dates of birth, vehicles ----------------------------------------------------------------------------------------------

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DATE = rf"(?:\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH},? \d{{2,4}})"
_BIRTH = re.compile(
    rf"\b(?:d\.o\.b\.?|(?:dob|date of birth|birth ?date|birthday|born)\b)[^.\n\d]{{0,35}}(?P<it>{_DATE})", re.IGNORECASE
)
_PLATE = re.compile(r"(?<![\w-])[A-HJ-PR-Y][A-HJ-PR-Z](?:0[2-9]|[1-2]\d|5[1-9]|[67]\d) ?[A-HJ-PR-Z]{3}(?![\w-])")
_OLD_PLATE = re.compile(
    r"\b(?:car|van|vehicle|moped|motorbike|bike|scooter|reg(?:istration)?|index|plate|number plate|VRM)\b[^.\n]{0,30}?"
    r"(?P<it>(?<![\w-])(?:[A-HJ-NPR-TV-Y]\d{1,3} ?[A-Z]{3}|[A-Z]{3} ?\d{1,3}[A-HJ-NPR-TV-Y])(?![\w-]))"
)

# --- names -----------------------------------------------------------------------------------------------------------------

_ALIAS = re.compile(
    r"\b(?:(?:street ?name|nick-?name[sd]?|tag(?: name)?|a\.?k\.?a\.?|goes by)\b(?: is| of|:)?|"
    r"(?:known|goes) (?:on (?:road|the street)s? )?(?:as|by)|(?:they|lads|boys|kids|everyone|people|friends|mates) calls?(?: (?:him|her))?|"
    r"(?:he|she)(?: is|['’]s| was| gets| got) called|calls? (?:him|her)(?:self)?|calling (?:him|her)self) "
    r"(?P<it>[“\"'‘][^”\"'’\n]{2,20}[”\"'’]|(?-i:[A-Z])\w{2,}(?: (?-i:[A-Z])\w*)?)",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\b(?:snap(?:chat)?|insta(?:gram)?|tik ?tok|facebook|telegram|twitter|discord|whatsapp)\b(?:['’]s)?"
    r"(?: (?:name|handle|account|username|profile|id|user))*(?: is| was|:| called| under| as)? ?"
    r"(?P<it>@[\w.]{3,30}|(?=[a-z._]*\d|[a-z]+[._][a-z])[a-z][\w.]{3,30}(?<!\.))",
    re.IGNORECASE,
)


def _people(text: str) -> Iterator[Find]:
    for start, end, why in persons.find(text):
        yield Find("name", text[start:end], start, end, why)


_LOOKS: tuple[_Look, ...] = (
    _finds("NHS number", "It has the check digit of an NHS number.", _NHS, is_nhs_number),
    _finds("NHS number", "It is said to be an NHS number.", _NHS_SAID),
    _finds("phone number", "It looks like somebody’s phone number.", _PHONE, _is_private_phone),
    _finds("National Insurance number", "It has the form of a National Insurance number.", _INSURANCE),
    _finds("card number", "It has the check digit of a payment card.", _CARD, _is_card),
    _finds("police reference", "It looks like a police reference, which leads to a person.", _POLICE),
    _finds("passport number", "It looks like a passport number.", _PASSPORT),
    _finds("email address", "It looks like somebody’s email address.", _EMAIL, lambda w: not _IS_SHARED.match(w)),
    _finds("address", "It looks like the address somebody lives at.", _AT_HOME),
    _finds("address", "A house number and a postcode lead to a home.", _HOUSE_AND_POSTCODE),
    _finds("address", "It looks like the address of a home.", _FLAT),
    _away_from_venues("address", "A house number in a street leads to a home.", _HOUSE),
    _away_from_venues("address", "A full postcode leads to a few homes.", _HOME_POSTCODE),
    _finds("internet address", "It looks like the internet address of a device.", _IP),
    _finds("date of birth", "It looks like a date of birth.", _BIRTH),
    _finds("vehicle", "It has the form of a vehicle’s number plate.", _PLATE),
    _finds("vehicle", "It has the form of a vehicle’s number plate.", _OLD_PLATE),
    _people,
    _finds("name", "A street name tells those who know it who this is.", _ALIAS),
    _finds("account", "It looks like somebody’s name on a social network.", _ACCOUNT),
)
