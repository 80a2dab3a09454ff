"""Documents people can edit: a small model of a document, and the OpenDocument text file (ODF 1.3) made from it.

Summaries, agendas and minutes all say what they hold as blocks; how it looks is a style, named here once. The same
document gives the same bytes, so that what was exported can be proved later: the archive's dates are fixed and the
only moment inside is the one the document was given.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from forum.base import clock

TEXT_TYPE = "application/vnd.oasis.opendocument.text"
GENERATOR = "EGVE Forum"
PARTS = ("content.xml", "styles.xml", "meta.xml")
PAGE_WIDTH = 17.0  # centimetres of text on a page: A4 less two margins of 2 cm

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
        "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
        "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
        "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
        "config": "urn:oasis:names:tc:opendocument:xmlns:config:1.0",
        "dc": "http://purl.org/dc/elements/1.1/",
        "xlink": "http://www.w3.org/1999/xlink",
    }.items()
)
PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'

# What XML 1.0 cannot hold, whatever way it is written.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACING = re.compile(r" {2,}|^ | $|\t|\n")


@dataclass(frozen=True)
class Strong:
    """Words that matter more than those around them."""

    text: str


@dataclass(frozen=True)
class Link:
    """Words that lead to an address."""

    text: str
    address: str


Words = str | Sequence[str | Strong | Link]


@dataclass(frozen=True)
class Title:
    text: str


@dataclass(frozen=True)
class Heading:
    """Level 1 stands under the title, 2 under 1, and so on to 4."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    text: Words


@dataclass(frozen=True)
class Bullets:
    items: Sequence[Words]


@dataclass(frozen=True)
class Quote:
    """Somebody's own words, and who said them as far as may be told."""

    text: str
    source: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under column names. `widths` are shares of the page's width; whole numbers stand to the right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Words | int]]
    widths: Sequence[float]
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.columns or any(len(row) != len(self.columns) for row in [self.widths, *self.rows]):
            raise ValueError("A table needs columns, and a width and a cell in every row for each of them.")


Block = Title | Heading | Paragraph | Bullets | Quote | Table


@dataclass(frozen=True)
class Document:
    """`marking` stands in capitals at the head and foot of every page; `made_at` is the moment it tells of."""

    title: str
    creator: str
    made_at: datetime
    blocks: Sequence[Block] = field(default_factory=tuple)
    marking: str = "OFFICIAL"
    language: str = "en-GB"


def paragraphs(text: str) -> list[Paragraph]:
    """Plain text as paragraphs: a blank line ends one, a single line break stays inside it."""
    return [Paragraph(part.strip("\n")) for part in re.split(r"\n\s*\n", text) if part.strip()]


def write(document: Document) -> bytes:
    """The .odt file of a document."""
    out = io.BytesIO()
    with package(out, TEXT_TYPE) as archive:
        add_part(archive, "content.xml", _content(document))
        add_part(archive, "styles.xml", [_styles(document)])
        add_part(archive, "meta.xml", [meta(document.title, document.creator, document.made_at, document.language)])
    return out.getvalue()


# What every OpenDocument file is made of; spreadsheets use it too.


def package(out: IO[bytes], media_type: str, parts: Sequence[str] = PARTS) -> zipfile.ZipFile:
    """An OpenDocument archive opened for its parts, with what must come first already in it."""
    archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
    archive.writestr(_member("mimetype", zipfile.ZIP_STORED), media_type)
    entries = f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{media_type}"/>'
    for part in parts:
        entries += f'<manifest:file-entry manifest:full-path="{part}" manifest:media-type="text/xml"/>'
    space = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3"'
    add_part(archive, "META-INF/manifest.xml", [f"<manifest:manifest {space}>{entries}</manifest:manifest>"])
    return archive


def add_part(archive: zipfile.ZipFile, name: str, pieces: Iterable[str]) -> None:
    """Write one XML part piece by piece, so that a long one is never held whole."""
    with archive.open(_member(name, zipfile.ZIP_DEFLATED), "w") as part:
        part.write(PROLOGUE.encode())
        for piece in pieces:
            part.write(piece.encode())


def meta(title: str, creator: str, made_at: datetime, language: str) -> str:
    """The part that says what the file is, who made it and when (London's clock, as office programs show it)."""
    moment = clock.london(made_at).strftime("%Y-%m-%dT%H:%M:%S")
    return (
        f'<office:document-meta {NAMESPACES} office:version="1.3"><office:meta>'
        f"<meta:generator>{GENERATOR}</meta:generator><dc:title>{xml(title)}</dc:title>"
        f"<meta:initial-creator>{xml(creator)}</meta:initial-creator><dc:creator>{xml(creator)}</dc:creator>"
        f"<meta:creation-date>{moment}</meta:creation-date><dc:date>{moment}</dc:date>"
        f"<dc:language>{xml(language)}</dc:language></office:meta></office:document-meta>"
    )


def legible(text: str) -> str:
    """Text without the characters XML 1.0 has no place for: control characters, lone surrogates, U+FFFE and U+FFFF."""
    return _FORBIDDEN.sub("", text)


def xml(text: str) -> str:
    """Text safe between tags."""
    return escape(legible(text))


def attribute(text: str) -> str:
    """Text safe as an attribute's value, quotation marks included."""
    return quoteattr(legible(text))


def spaced(text: str) -> str:
    """Text safe between tags whose tabs, line breaks and runs of spaces an office program will show as they are."""
    return _SPACING.sub(_space, xml(text.replace("\r\n", "\n").replace("\r", "\n")))


def _space(found: re.Match[str]) -> str:
    match found[0]:
        case "\n":
            return "<text:line-break/>"
        case "\t":
            return "<text:tab/>"
        case spaces:
            return f'<text:s text:c="{len(spaces)}"/>'


def _member(name: str, compression: int) -> zipfile.ZipInfo:
    """An archive member dated 1 January 1980, the earliest a ZIP can say: equal input gives equal bytes."""
    member = zipfile.ZipInfo(name)
    member.compress_type = compression
    member.create_system = 3  # not the machine's own: the bytes must not depend on it
    return member


# The text document.


def _content(document: Document) -> Iterator[str]:
    tables = [block for block in document.blocks if isinstance(block, Table)]
    yield f'<office:document-content {NAMESPACES} office:version="1.3"><office:automatic-styles>'
    yield _CELL_STYLES
    for number, table in enumerate(tables, 1):
        yield _column_styles(number, table)
    yield "</office:automatic-styles><office:body><office:text>"
    number = 0
    for block in document.blocks:
        number += isinstance(block, Table)
        yield _block(block, number)
    yield "</office:text></office:body></office:document-content>"


def _block(block: Block, number: int) -> str:
    match block:
        case Title(text):
            return _paragraph("Title", text)
        case Heading(text, level):
            return f'<text:h text:style-name="Heading_20_{level}" text:outline-level="{level}">{spaced(text)}</text:h>'
        case Paragraph(words):
            return _paragraph("Text_20_body", words)
        case Bullets(items):
            bullets = "".join(f"<text:list-item>{_paragraph('Bullet', item)}</text:list-item>" for item in items)
            return f'<text:list text:style-name="Bullets">{bullets}</text:list>' if bullets else ""
        case Quote(text, source):
            return _paragraph("Quotations", text) + (_paragraph("Quote_20_source", source) if source else "")
        case Table():
            return _table(block, number)


def _table(table: Table, number: int) -> str:
    head = "".join(_cell(column, "TableHead", "Table_20_heading") for column in table.columns)
    columns = "".join(f'<table:table-column table:style-name="Table{number}.{i}"/>' for i in range(len(table.columns)))
    rows = "".join(
        f'<table:table-row table:style-name="TableRow">{_cells(row)}</table:table-row>' for row in table.rows
    )
    caption = _paragraph("Table_20_caption", table.caption) if table.caption else ""
    return (
        f'{caption}<table:table table:name="Table{number}" table:style-name="Table">{columns}'
        f'<table:table-header-rows><table:table-row table:style-name="TableRow">{head}</table:table-row>'
        f"</table:table-header-rows>{rows}</table:table>{_paragraph('After_20_table', '')}"
    )


def _cells(row: Sequence[Words | int]) -> str:
    return "".join(
        _cell(f"{value:,}", "TableCell", "Table_20_figures")
        if isinstance(value, int)
        else _cell(value, "TableCell", "Table_20_contents")
        for value in row
    )


def _cell(words: Words, cell: str, paragraph: str) -> str:
    return (
        f'<table:table-cell table:style-name="{cell}" office:value-type="string">'
        f"{_paragraph(paragraph, words)}</table:table-cell>"
    )


def _paragraph(style: str, words: Words) -> str:
    pieces = [words] if isinstance(words, str) else words
    return f'<text:p text:style-name="{style}">{"".join(_piece(piece) for piece in pieces)}</text:p>'


def _piece(piece: str | Strong | Link) -> str:
    match piece:
        case Strong(text):
            return f'<text:span text:style-name="Strong">{spaced(text)}</text:span>'
        case Link(text, address):
            target = attribute(address)
            return f'<text:a xlink:type="simple" xlink:href={target} text:style-name="Internet_20_link">{spaced(text)}</text:a>'
        case text:
            return spaced(text)


def _column_styles(number: int, table: Table) -> str:
    """Declared widths: without them an office program makes every column equal and a table several times as long."""
    share = PAGE_WIDTH / sum(table.widths)
    return "".join(
        f'<style:style style:name="Table{number}.{i}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width * share:.2f}cm"/></style:style>'
        for i, width in enumerate(table.widths)
    )


# Tables have no common styles in ODF as programs read it: these three are declared in the content.
_RULE = 'fo:border-bottom="0.5pt solid #b1b4b6" fo:padding="0.12cm"'
_CELL_STYLES = (
    '<style:style style:name="Table" style:family="table">'
    f'<style:table-properties style:width="{PAGE_WIDTH}cm" table:align="left"/></style:style>'
    '<style:style style:name="TableRow" style:family="table-row">'
    '<style:table-row-properties fo:keep-together="always"/></style:style>'
    '<style:style style:name="TableHead" style:family="table-cell">'
    f'<style:table-cell-properties fo:background-color="#f3f2f1" {_RULE}/></style:style>'
    f'<style:style style:name="TableCell" style:family="table-cell"><style:table-cell-properties {_RULE}/></style:style>'
)


def _style(name: str, parent: str, paragraph: str = "", text: str = "", more: str = "") -> str:
    """A paragraph style; `parent` is empty for the one all others come from."""
    shown = f' style:display-name="{name}"' if " " in name else ""
    above = f' style:parent-style-name="{parent.replace(" ", "_20_")}"' if parent else ""
    return (
        f'<style:style style:name="{name.replace(" ", "_20_")}"{shown} style:family="paragraph"{above}{more}>'
        + (f"<style:paragraph-properties {paragraph}/>" if paragraph else "")
        + (f"<style:text-properties {text}/>" if text else "")
        + "</style:style>"
    )


def _heading(level: int, size: int, above: str) -> str:
    follow = f' style:next-style-name="Text_20_body" style:default-outline-level="{level}"'
    return _style(f"Heading {level}", "Heading", f'fo:margin-top="{above}"', f'fo:font-size="{size}pt"', follow)


_FOOTER = (  # the page's number stands at the right edge
    '<style:style style:name="Footer" style:family="paragraph" style:parent-style-name="Standard">'
    "<style:paragraph-properties><style:tab-stops>"
    f'<style:tab-stop style:position="{PAGE_WIDTH}cm" style:type="right"/>'
    "</style:tab-stops></style:paragraph-properties></style:style>"
)
_COMMON_STYLES = "".join(
    (
        _style("Standard", "", 'fo:line-height="120%" fo:orphans="2" fo:widows="2"', more=' style:class="text"'),
        _style("Text body", "Standard", 'fo:margin-top="0cm" fo:margin-bottom="0.3cm"'),
        _style("Heading", "Standard", 'fo:margin-bottom="0.2cm" fo:keep-with-next="always"', 'fo:font-weight="bold"'),
        _style("Title", "Heading", 'fo:margin-bottom="0.5cm"', 'fo:font-size="24pt"'),
        _heading(1, 18, "0.7cm"),
        _heading(2, 15, "0.5cm"),
        _heading(3, 13, "0.4cm"),
        _heading(4, 12, "0.3cm"),
        _style("Bullet", "Standard", 'fo:margin-bottom="0.1cm"'),
        _style("Quotations", "Standard", 'fo:margin-left="1cm" fo:margin-right="1cm" fo:margin-bottom="0.1cm"'),
        _style("Quote source", "Standard", 'fo:margin-left="1cm" fo:margin-bottom="0.4cm"', 'fo:color="#505a5f"'),
        _style(
            "Table caption",
            "Standard",
            'fo:margin-top="0.4cm" fo:margin-bottom="0.1cm" fo:keep-with-next="always"',
            'fo:font-weight="bold"',
        ),
        _style("Table contents", "Standard"),
        _style("Table heading", "Table contents", 'fo:keep-with-next="always"', 'fo:font-weight="bold"'),
        _style("Table figures", "Table contents", 'fo:text-align="end"'),
        _style("After table", "Standard", 'fo:margin-bottom="0.2cm" fo:line-height="0.2cm"', 'fo:font-size="6pt"'),
        _style("Header", "Standard", 'fo:text-align="center"', 'fo:font-weight="bold"'),
        _FOOTER,
    )
)
_SPAN_STYLES = (
    '<style:style style:name="Strong" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="Internet_20_link" style:display-name="Internet link" style:family="text">'
    '<style:text-properties fo:color="#1d70b8" style:text-underline-style="solid" style:text-underline-width="auto"'
    ' style:text-underline-color="font-color"/></style:style>'
)
_BULLETS = (
    '<text:list-style style:name="Bullets"><text:list-level-style-bullet text:level="1" text:bullet-char="•">'
    '<style:list-level-properties text:list-level-position-and-space-mode="label-alignment">'
    '<style:list-level-label-alignment text:label-followed-by="listtab" text:list-tab-stop-position="1cm"'
    ' fo:text-indent="-0.5cm" fo:margin-left="1cm"/></style:list-level-properties>'
    "</text:list-level-style-bullet></text:list-style>"
)


def font(size: int, language: str) -> str:
    """What all text is written in: Arial, in points, in a language such as en-GB or cy-GB."""
    tongue, _, country = language.partition("-")
    return (
        f'style:font-name="Arial" fo:font-size="{size}pt" fo:language={attribute(tongue)}'
        f" fo:country={attribute(country or 'none')}"
    )


FONT_FACES = (
    '<office:font-face-decls><style:font-face style:name="Arial" svg:font-family="Arial"'
    ' style:font-family-generic="swiss"/></office:font-face-decls>'
)


def _styles(document: Document) -> str:
    marking = spaced(document.marking.upper())
    head = f'<style:header><text:p text:style-name="Header">{marking}</text:p></style:header>' if marking else ""
    numbers = "Page <text:page-number>1</text:page-number> of <text:page-count>1</text:page-count>"
    return (
        f'<office:document-styles {NAMESPACES} office:version="1.3">{FONT_FACES}<office:styles>'
        '<style:default-style style:family="paragraph"><style:paragraph-properties style:tab-stop-distance="1cm"/>'
        f"<style:text-properties {font(12, document.language)}/></style:default-style>"
        f"{_COMMON_STYLES}{_SPAN_STYLES}{_BULLETS}</office:styles>"
        f"<office:automatic-styles>{_PAGE}</office:automatic-styles><office:master-styles>"
        f'<style:master-page style:name="Standard" style:page-layout-name="Page">{head}'
        f'<style:footer><text:p text:style-name="Footer">{marking}<text:tab/>{numbers}</text:p></style:footer>'
        "</style:master-page></office:master-styles></office:document-styles>"
    )


_PAGE = (
    '<style:page-layout style:name="Page"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"'
    ' style:print-orientation="portrait" fo:margin-top="1.5cm" fo:margin-bottom="1.5cm" fo:margin-left="2cm"'
    ' fo:margin-right="2cm"/><style:header-style><style:header-footer-properties fo:min-height="1cm"'
    ' fo:margin-bottom="0.5cm"/></style:header-style><style:footer-style><style:header-footer-properties'
    ' fo:min-height="1cm" fo:margin-top="0.5cm"/></style:footer-style></style:page-layout>'
)
