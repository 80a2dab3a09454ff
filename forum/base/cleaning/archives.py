"""Office documents without what they say of whoever wrote them.

Their parts are taken over as they lie there, packed; only parts that can tell of people are unpacked, each up to a limit.
The text of a document is its author's business: names that stand in it stay.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import NamedTuple

from forum.base import files
from forum.base.cleaning import pictures

MOST_PARTS = 3_000
MOST_TOGETHER = 300 * 1024**2  # bytes that all parts say they unfold to
MOST_OF_PART = 48 * 1024**2  # bytes of a part that has to be unfolded
MOST_UNFOLDED = 96 * 1024**2  # bytes of all these together

_OPEN_DOCUMENT = (files.ODT, files.ODS, files.ODP)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCODINGS = re.compile(
    rb"""<\?xml[^>]*\bencoding\s*=\s*["'](?!(?:utf-8|us-ascii|iso-8859-\d+|windows-125\d)["'])""", re.I
)
_MEDIA = re.compile(rb"(....ftyp|RIFF....(?!WEBP)|ID3|OggS|II\*\0|MM\0\*|\x1aE\xdf\xa3|%PDF-)", re.S)
_NO_MACROS = "holds macros. Save it without them and upload that."
_LARGE = "unfolds to more than this service can look at. Save it as a PDF and upload that."
_BROKEN = "cannot be read: it is damaged. Save it anew and upload that."
_LOCKED = "is protected with a password. Save it without one and upload it again."
_OBJECT = "holds an object that may say who made it: a video, a sound or a file of another program. Save it as a PDF and upload that."


class Unclean(Exception):
    """It cannot be cleaned; the words go on after the file's name."""


class Part(NamedTuple):
    """A part as it will lie in the new archive. `method`: 0 as it is, 8 packed."""

    name: bytes
    method: int
    crc: int
    size: int
    packed: bytes


def clean(data: bytes, kind: str, depth: int = 0) -> bytes:
    """The document again, without authors, companies, devices, paths and signatures. Raises Unclean."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.infolist()
            _check_sizes(found, len(data))
            made = _Cleaning(archive, data, kind, depth).parts(found)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, struct.error, OSError):
        raise Unclean(_BROKEN) from None
    except pictures.Damaged:
        raise Unclean(
            "holds a picture that is damaged. Put the picture in anew and upload the document again."
        ) from None
    return _written(made)


def _check_sizes(found: list[zipfile.ZipInfo], whole: int) -> None:
    if len(found) > MOST_PARTS or sum(part.file_size for part in found) > MOST_TOGETHER:
        raise Unclean(_LARGE)
    if sum(part.compress_size for part in found) > whole or len({part.filename for part in found}) < len(found):
        raise Unclean(_BROKEN)
    if any(part.flag_bits & 1 for part in found):
        raise Unclean(_LOCKED)


class _Cleaning:
    def __init__(self, archive: zipfile.ZipFile, data: bytes, kind: str, depth: int) -> None:
        self.archive, self.data, self.depth = archive, data, depth
        self.is_open_document = kind in _OPEN_DOCUMENT
        self.left = MOST_UNFOLDED

    def parts(self, found: list[zipfile.ZipInfo]) -> list[Part]:
        dropped = [one.filename for one in found if _is_dropped(one.filename.lower(), self.is_open_document)]
        kept = [one for one in found if one.filename not in dropped]
        return [self._part(one, dropped) for one in kept]

    def _part(self, part: zipfile.ZipInfo, dropped: list[str]) -> Part:
        name = part.filename.lower()
        with self.archive.open(part) as opened:
            head = opened.read(64)
        new = self._cleaned(part, name, head, dropped)
        encoded = part.filename.encode("utf-8")
        if new is None:
            return Part(encoded, part.compress_type, part.CRC, part.file_size, self._as_it_lies(part))
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return Part(encoded, 8, zlib.crc32(new), len(new), packer.compress(new) + packer.flush())

    def _cleaned(self, part: zipfile.ZipInfo, name: str, head: bytes, dropped: list[str]) -> bytes | None:
        """The part anew; None when it may stay as it lies there."""
        if head.startswith(_OLE):
            raise Unclean(_NO_MACROS if "vba" in name else _OBJECT)
        if _MEDIA.match(head):
            raise Unclean(_OBJECT)
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return pictures.png(self._unfolded(part)).data
        if head.startswith(b"\xff\xd8\xff"):
            return pictures.jpeg(self._unfolded(part)).data
        if head.startswith(b"PK\x03\x04"):
            return self._inner(part)
        is_xml = name.endswith((".xml", ".rels", ".vml", ".rdf", ".svg"))
        if not is_xml and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return None
        return self._xml(name, self._unfolded(part), dropped) if part.file_size else None

    def _inner(self, part: zipfile.ZipInfo) -> bytes:
        """A document within the document, such as the figures of a chart."""
        inner = self._unfolded(part)
        kind = files.kind_of(inner)
        if self.depth or kind == files.ZIP:
            raise Unclean(_OBJECT)
        return clean(inner, kind, self.depth + 1)

    def _unfolded(self, part: zipfile.ZipInfo) -> bytes:
        self.left -= part.file_size
        if part.file_size > MOST_OF_PART or self.left < 0:
            raise Unclean(_LARGE)
        return self.archive.read(part)

    def _as_it_lies(self, part: zipfile.ZipInfo) -> bytes:
        """The part's bytes as they are packed in the archive."""
        if part.compress_type not in (0, 8):
            raise Unclean(_BROKEN)
        sign, name, extra = struct.unpack_from("<4s22xHH", self.data, part.header_offset)
        start = part.header_offset + 30 + name + extra
        packed = self.data[start : start + part.compress_size]
        if sign != b"PK\x03\x04" or len(packed) != part.compress_size:
            raise Unclean(_BROKEN)
        return packed

    def _xml(self, name: str, text: bytes, dropped: list[str]) -> bytes:
        text = text.lstrip(b"\xef\xbb\xbf")
        if not text.lstrip().startswith(b"<") or _ENCODINGS.match(text.lstrip()) or b"<!ENTITY" in text:
            raise Unclean(_BROKEN)
        return (_open_document if self.is_open_document else _office)(name, text, dropped)


def _is_dropped(name: str, is_open_document: bool) -> bool:
    if is_open_document:
        if name.startswith(("basic/", "scripts/")) and not name.endswith(("/", "script-lc.xml", "script-lb.xml")):
            raise Unclean(_NO_MACROS)
        return name.startswith("meta-inf/") and name.endswith("signatures.xml")
    if "vbaproject" in name or "/macrosheets/" in name or "/activex/" in name:
        raise Unclean(_NO_MACROS)
    return name.startswith(("_xmlsignatures/", "customxml/", "docprops/thumbnail")) or "/printersettings/" in name


# --- OpenDocument ----------------------------------------------------------------------------------------------------

_META = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-meta '
    b'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.2"><office:meta/></office:document-meta>'
)
_PEOPLE = (
    rb"dc:creator|meta:initial-creator|meta:creator-initials|meta:printed-by|loext:sender-initials|text:author-name|"
    rb"text:author-initials|text:initial-creator|text:creator|text:printed-by|text:sender-[\w-]+"
)
_PERSON = re.compile(rb"(<(" + _PEOPLE + rb")(?:\s[^>]*)?(?<!/)>).*?(</\2\s*>)", re.S)
_PRINTER = re.compile(
    rb"""(<config:config-item\b[^>]*config:name=["'](?:PrinterName|PrinterSetup|CurrentDatabaseDataSource)["'][^>]*(?<!/)>).*?(</)""",
    re.S,
)
_LOCAL = re.compile(rb"""(\bxlink:href\s*=\s*)(["'])(?:file:|[A-Za-z]:[\\/]|/(?:home|Users)/).*?\2""", re.S)


def _open_document(name: str, text: bytes, _dropped: list[str]) -> bytes:
    last = name.rpartition("/")[2]
    if last == "meta.xml" or b"<office:document-meta" in text[:2_000]:
        return _META
    if last == "manifest.xml" and b"encryption-data" in text:
        raise Unclean(_LOCKED)
    text = _PERSON.sub(rb"\1\3", text)
    text = _LOCAL.sub(rb"\1\2#\2", text)
    return _PRINTER.sub(rb"\1\2", text)


# --- Office Open XML -------------------------------------------------------------------------------------------------

_HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_CORE = (
    _HEAD + b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
)
_KINDS_OF_PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/{}-properties"
_NAMED = re.compile(rb"""(\s(?:[\w.-]+:)?(?:author|lastModifiedBy|userName))(\s*=\s*)("[^"]*"|'[^']*')""")
_INITIALS = re.compile(rb"""(\s(?:[\w.-]+:)?initials)(\s*=\s*)("[^"]*"|'[^']*')""")
_ACCOUNT = re.compile(rb"""(\s(?:[\w.-]+:)?(?:name|displayName|userId|providerId))(\s*=\s*)("[^"]*"|'[^']*')""")
_AUTHOR = re.compile(rb"(<(?:\w+:)?author>)(.*?)(</(?:\w+:)?author>)", re.S)
_PATH = re.compile(rb"""(<[\w.-]+:absPath\b[^>]*?\burl\s*=\s*)("[^"]*"|'[^']*')""")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*?/>", re.S)
_GONE = (b"/thumbnail", b"/printersettings", b"/customxml", b"digital-signature", b"/attachedtemplate")
_TARGET = re.compile(rb"""(\sTarget\s*=\s*)("[^"]*"|'[^']*')""")
_ANYWHERE = (b"http:", b"https:", b"mailto:", b"ftp:", b"tel:", b"#")


def _office(name: str, text: bytes, dropped: list[str]) -> bytes:
    start = text[:2_000]
    if b"package/2006/metadata/core-properties" in start and b"<Types" not in start:
        return _CORE
    for kind in ("extended", "custom"):
        space = _KINDS_OF_PROPERTIES.format(kind)
        if space.encode() in start and b"<Properties" in start:
            return _HEAD + f'<Properties xmlns="{space}"/>'.encode()
    if name.endswith(".rels"):
        return _RELATION.sub(lambda found: _relation(found[0]), text)
    if name == "[content_types].xml":
        return _without_parts(text, dropped)
    return _without_people(name, text)


def _without_people(name: str, text: bytes) -> bytes:
    text = _NAMED.sub(rb'\1\2"Author"', text)
    text = _INITIALS.sub(rb'\1\2"A"', text)
    text = _PATH.sub(rb'\1""', text)
    text = re.sub(rb"<w:attachedTemplate\b[^>]*/>", b"", text)
    text = re.sub(rb"""(<pageSetup\b[^>]*?)\s\w+:id\s*=\s*("[^"]*"|'[^']*')""", rb"\1", text)
    text = (
        re.sub(rb"(<metadata\b[^>]*>).*?(</metadata>)", rb"\1\2", text, flags=re.S) if name.endswith(".svg") else text
    )
    if any(part in name for part in ("people", "persons/", "authors")):
        text = _ACCOUNT.sub(rb'\1\2"Author"', text)
    if "comments" in name:  # a spreadsheet begins a comment with its author's name
        for names in {found[2].strip() for found in _AUTHOR.finditer(text)} - {b""}:
            text = text.replace(names, b"Author")
        text = _AUTHOR.sub(rb"\1Author\3", text)
    return text


def _relation(found: bytes) -> bytes:
    """A tie to another part, or out of the document: none to what is dropped, and none into somebody's folders."""
    if any(word in found.lower() for word in _GONE):
        return b""
    if re.search(rb"""TargetMode\s*=\s*["']External""", found):
        return _TARGET.sub(_elsewhere, found)
    return found


def _elsewhere(found: re.Match[bytes]) -> bytes:
    is_public = found[2][1:].lower().startswith(_ANYWHERE)
    return found[0] if is_public else found[1] + b'"file:///removed"'


def _without_parts(text: bytes, dropped: list[str]) -> bytes:
    if b"macroEnabled" in text:
        raise Unclean(_NO_MACROS)
    gone = {f"/{name}".lower().encode() for name in dropped}

    def keep(found: re.Match[bytes]) -> bytes:
        return b"" if found[1].lower() in gone else found[0]

    return re.sub(rb"""<(?:\w+:)?Override\b[^>]*?PartName\s*=\s*["']([^"']*)["'][^>]*?/>""", keep, text)


# --- writing ---------------------------------------------------------------------------------------------------------


def _written(parts: list[Part]) -> bytes:
    """An archive of these parts that says nothing of when and where it was made."""
    body, directory, place = [], [], 0
    for part in parts:
        flags = 0x800 if any(byte > 127 for byte in part.name) else 0
        about = struct.pack(
            "<HHHHIIIHH", flags, part.method, 0, 0x21, part.crc, len(part.packed), part.size, len(part.name), 0
        )
        body += [b"PK\x03\x04\x14\0", about, part.name, part.packed]
        directory += [b"PK\x01\x02\x14\0\x14\0", about, struct.pack("<HHHII", 0, 0, 0, 0, place), part.name]
        place += 30 + len(part.name) + len(part.packed)
    listed = b"".join(directory)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(parts), len(parts), len(listed), place, 0)
    return b"".join([*body, listed, end])
