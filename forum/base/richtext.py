"""What people write, made safe to show. Nothing else in the Forum knows Markdown or a sanitiser.

Text is Markdown (GitHub's tables, strikethrough and bare links included). A "<" is only ever a "<": no HTML is read
from what somebody wrote, so nothing they wrote disappears either. What Markdown makes of it then passes bleach and, as
the last word, nh3, each with a list of what is allowed.
"""

from __future__ import annotations

import html
import re
import unicodedata
from html.parser import HTMLParser

import cmarkgfm
import nh3
from cmarkgfm.cmark import Options

from forum.base.errors import Rejected

LONGEST = 20_000  # characters of a post or a minute item
MOST_COLUMNS = 50  # of a table: cmark completes short rows, so n columns and n rows in 4n characters make n² cells
DEEPEST = 20  # levels of quotes and lists inside each other

TAGS = frozenset(
    "a blockquote br code del em h2 h3 h4 h5 h6 hr li ol p pre strong table tbody td th thead tr ul".split()  # noqa: SIM905
)
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "td": {"align"}, "th": {"align"}}
SCHEMES = {"http", "https", "mailto"}
REL = "nofollow noopener noreferrer ugc"

# Stands for "<" while cmark reads, so that it sees no HTML; private use, and removed from what people send.
_LESS = "\ue000"
_LESS_IN_ADDRESS = "%EE%80%80"  # as cmark writes it there
_AUTOLINK = re.compile(r"<(?=(?:https?://|mailto:)[^\s<>]{1,2000}>)")
_LINK = re.compile(r'<a href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_NO_ADDRESS = re.compile(r'<a(?: title="[^"]*")?(?: rel="[^"]*")?>(.*?)</a>', re.DOTALL)
_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*>')
_HEADING = re.compile(r"(</?h)([1-6])>")
_ADDRESS = re.compile(
    r"https?://(?:[\w.-]|%[89A-F][0-9A-F])+(?::\d{1,5})?(?:[/?#][^\s\\]*)?|mailto:[^\s\\]+|/(?![/\\])[^\s\\]*",
    re.IGNORECASE,
)
_NESTED = re.compile(rf"[ \t]*(?:(?:>|[-+*]|\d{{1,9}}[.)])[ \t]*){{{DEEPEST + 1}}}")

_LINE_ENDS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
# What cannot be seen and is used to deceive or to break: controls, lone surrogates, zero-width and direction marks, tag
# characters (kept in the flags of the nations, such as that of Wales) and private use. Joiners stay: scripts and emoji
# are written with them.
_UNSEEN = re.compile(
    "(\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)"
    "|[\0-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)


def to_html(markdown: str, top: int = 3) -> str:
    """Markdown as safe HTML, to stand inside a page below a heading of the level above `top`.

    Its highest heading becomes `top`, the next one below that the level after, so that no level is left out.

    Links lead to http, https, mailto or a path of this site; any other is shown as its words. A picture becomes a link
    to it: nothing is loaded from elsewhere. Raises Rejected past 20,000 characters.
    """
    source = clean(markdown)
    if len(source) > LONGEST:
        raise Rejected(
            f"Your text is {len(source):,} characters long. The limit is {LONGEST:,}. Shorten it, or post it in parts."
        )
    hidden = _LESS.join(_split_at_less(source))
    rendered = cmarkgfm.cmark.markdown_to_html_with_extensions(
        _flatten(hidden), Options.CMARK_OPT_HARDBREAKS, _extensions(hidden)
    )
    return sanitise(_shape(rendered, top).replace(_LESS_IN_ADDRESS, "%3C").replace(_LESS, "&lt;"))


def sanitise(markup: str) -> str:
    """HTML reduced to what a post may hold. Never for plain text, in which it would delete what looks like a tag."""
    import bleach  # here, because it brings an HTML parser: 5 MB that a process without posts does without

    bleached = bleach.clean(markup, TAGS, {tag: list(names) for tag, names in ATTRIBUTES.items()}, SCHEMES, strip=True)
    cleaned = nh3.clean(
        bleached,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        attribute_filter=lambda tag, name, value: value if name != "href" or leads_somewhere_safe(value) else None,
        url_schemes=SCHEMES,
        set_tag_attribute_values={"th": {"scope": "col"}},
        link_rel=REL,
    )
    return _NO_ADDRESS.sub(r"\1", cleaned)


def to_text(markup: str, *, is_numbered: bool = False) -> str:
    """The words of our own HTML, for previews, letters and search: a line a block, a bullet before list items.

    `is_numbered`: the items of a numbered list keep their numbers, for what is read as it stands.
    """
    reader = _Words(is_numbered)
    reader.feed(markup)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def plain(value: str) -> str:
    """One line of text: a title, a name. White space is one space, so a line break cannot reach a mail header."""
    return " ".join(clean(value).split())


def clean(value: str) -> str:
    """Text of several lines as we keep it: lines end in LF, composed letters, nothing invisible that deceives."""
    lines = _LINE_ENDS.sub("\n", value)
    seen = _UNSEEN.sub(lambda found: found[1] or "", lines)
    return unicodedata.normalize("NFC", re.sub(r"\A(?:[ \t]*\n)+", "", seen).rstrip())


def leads_somewhere_safe(address: str) -> bool:
    """Whether a link may lead there: the web, a mailbox, or a path here; never another site by way of "//"."""
    return _ADDRESS.fullmatch(address) is not None


def _split_at_less(source: str) -> list[str]:
    """The source cut at every "<" but those of links such as <https://forum.example>."""
    kept = _AUTOLINK.sub("\ue001", source)
    return [piece.replace("\ue001", "<") for piece in kept.split("<")]


def _flatten(source: str) -> str:
    """Lines that open more levels than anybody reads lose their markers' meaning, not their text."""
    return "\n".join(f"\\{line.lstrip()}" if _NESTED.match(line) else line for line in source.split("\n"))


def _extensions(source: str) -> list[str]:
    wide = any(line.count("|") > MOST_COLUMNS for line in source.split("\n"))
    return ["strikethrough", "autolink"] if wide else ["table", "strikethrough", "autolink"]


def _shape(rendered: str, top: int) -> str:
    """cmark's own output (its only "<" are its own tags): pictures to links, doubtful links to words, headings moved."""
    linked = _LINK.sub(lambda found: _link(found[1], _IMAGE.sub(r"\2", found[3]), found[2]), rendered)
    pictures = _IMAGE.sub(lambda found: _link(found[1], found[2]), linked)
    used = sorted({int(level) for _, level in _HEADING.findall(pictures)})
    place = {level: min(top + depth, 6) for depth, level in enumerate(used)}
    return _HEADING.sub(lambda found: f"{found[1]}{place[int(found[2])]}>", pictures)


def _link(address: str, words: str, title: str = "") -> str:
    """A link with words to follow it by (its address when it has none), or the words alone; all escaped already."""
    words = words if words.strip() else address
    meant = html.unescape(address).replace(_LESS_IN_ADDRESS, "<")
    return f'<a href="{address}"{title}>{words}</a>' if leads_somewhere_safe(meant) else words


class _Words(HTMLParser):
    _BREAKS = frozenset("blockquote br h2 h3 h4 h5 h6 hr li ol p pre table tr ul".split())  # noqa: SIM905

    def __init__(self, is_numbered: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.bullet = ""  # waits for the first word of its list item
        self.in_code = False
        self.is_numbered = is_numbered
        self.numbers: list[int] = []  # of the next item of each list we are in; 0: it has bullets

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pieces.append("\n" if tag in self._BREAKS else "")
        if tag in ("ol", "ul"):
            begins = dict(attrs).get("start") or "1"
            self.numbers.append(int(begins) if tag == "ol" and self.is_numbered and begins.isdecimal() else 0)
        self.bullet = self._next_bullet() if tag == "li" else self.bullet
        self.in_code = self.in_code or tag == "pre"

    def _next_bullet(self) -> str:
        if not self.numbers or not self.numbers[-1]:
            return "• "
        self.numbers[-1] += 1
        return f"{self.numbers[-1] - 1}. "

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append("\n" if tag in self._BREAKS else "")
        if tag in ("ol", "ul") and self.numbers:
            self.numbers.pop()
        self.in_code = self.in_code and tag != "pre"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.pieces.append(self.bullet)
            self.bullet = ""
        self.pieces.append(data if self.in_code else data.replace("\n", " "))
