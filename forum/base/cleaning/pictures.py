"""PNG and JPEG without what they say beside the picture. Knows nothing of the platform: a process of its own loads it too."""

from __future__ import annotations

import re
import struct
import zlib
from typing import NamedTuple

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"cICP"}
_EXIF = b"Exif\0\0"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # start of frame: what holds the size
_DRAWING = {*_FRAMES, 0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD}
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Damaged(Exception):
    """These bytes are not the picture they begin as."""


class Picture(NamedTuple):
    """Width and height as it is shown, turned the right way up."""

    data: bytes
    width: int
    height: int


def png(data: bytes) -> Picture:
    """Only the chunks that draw: no texts, times, profiles, animations, nor anything behind the end."""
    kept, place, size = [_PNG_START], 8, (0, 0)
    while True:
        length, kind = struct.unpack(">I4s", _piece(data, place, 8))
        chunk = _piece(data, place, 12 + length)
        if (kind == b"IHDR") != (place == 8):
            raise Damaged
        if kind == b"IHDR":
            size = _size(*struct.unpack(">II", chunk[8:16]))
        if kind in _PNG_KEPT:
            if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
                raise Damaged
            kept.append(chunk)
        if kind == b"IEND":
            return Picture(b"".join(kept), *size)
        place += 12 + length


def jpeg(data: bytes) -> Picture:
    """Only the segments that draw. Of EXIF the one thing that matters to the eye stays: which way up."""
    heads: list[bytes] = []
    drawn: list[bytes] = []
    place, turned, size = 2, 1, (0, 0)
    while True:
        marker, place = _marker(data, place)
        if marker == 0xD9:
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        length = int.from_bytes(_piece(data, place, 2), "big")
        if length < 2:
            raise Damaged
        body = _piece(data, place, length)[2:]
        place += length
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", _piece(body, 1, 4))
            size = _size(width, height)
        if marker == 0xE1 and body.startswith(_EXIF):
            turned = _way_up(body[len(_EXIF) :])
        elif head := _head(marker, body):
            heads.append(head)
        elif marker in _DRAWING:
            drawn.append(_segment(marker, body))
        if marker == 0xDA:
            end = _AFTER_SCAN.search(data, place)
            if end is None:
                raise Damaged
            drawn.append(data[place : end.start()])
            place = end.start()
    if size == (0, 0):
        raise Damaged
    turn = [_segment(0xE1, _orientation(turned))] if turned != 1 else []
    return Picture(b"".join([b"\xff\xd8", *heads, *turn, *drawn, b"\xff\xd9"]), *(size[::-1] if turned > 4 else size))


def _piece(data: bytes, place: int, length: int) -> bytes:
    found = data[place : place + length]
    if len(found) != length:
        raise Damaged
    return found


def _size(width: int, height: int) -> tuple[int, int]:
    if not width or not height:
        raise Damaged
    return width, height


def _marker(data: bytes, place: int) -> tuple[int, int]:
    """The marker that begins here, and where what follows it begins."""
    if _piece(data, place, 1) != b"\xff":
        raise Damaged
    while (found := _piece(data, place, 1)) == b"\xff":
        place += 1
    return found[0], place + 1


def _head(marker: int, body: bytes) -> bytes | None:
    """What a decoder needs to know before: JFIF without its thumbnail, and Adobe's word on colours."""
    if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= 14:
        return _segment(marker, body[:12] + b"\0\0")
    if marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
        return _segment(marker, body[:12])
    return None


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _way_up(tiff: bytes) -> int:
    """The orientation that EXIF tells, 1 to 8; 1 when it tells none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None:
            return 1
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for number in range(min(count, 200)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * number)
            if tag == 0x0112 and kind == 3:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _orientation(turned: int) -> bytes:
    return _EXIF + b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, turned, 0) + b"\0\0\0\0"
