"""What a file says of whoever made it, taken out: names, devices, places and programs, never what it shows.

Pictures are walked segment by segment, documents part by part; a PDF is rewritten in a process of its own. Nothing is
drawn and no picture is unfolded, so a file that unfolds to gigabytes costs what its own bytes cost.
"""

from __future__ import annotations

from typing import NamedTuple

from forum.base import files, pdf
from forum.base.cleaning import archives, pictures
from forum.base.errors import Rejected

MOST_PIXELS = 50_000_000
_ARCHIVES = (files.ODT, files.ODS, files.ODP, files.DOCX, files.XLSX, files.PPTX)


class Cleaned(NamedTuple):
    """The bytes to keep. Width and height in pixels as a picture is shown; None for what is no picture."""

    data: bytes
    width: int | None = None
    height: int | None = None


def clean(data: bytes, kind: str, name: str) -> Cleaned:
    """The file without what it says of its author. Raises Rejected, in words for its author, when that cannot be done."""
    try:
        if kind in (files.PNG, files.JPEG):
            return _picture(data, kind, name)
        if kind in _ARCHIVES:
            return Cleaned(archives.clean(data, kind))
        return Cleaned(pdf.strip(data, name) if kind == files.PDF else data)
    except pictures.Damaged:
        raise Rejected(f"{name} cannot be read: it is damaged. Save it anew and upload that.") from None
    except archives.Unclean as reason:
        raise Rejected(f"{name} {reason}") from None


def _picture(data: bytes, kind: str, name: str) -> Cleaned:
    picture = pictures.png(data) if kind == files.PNG else pictures.jpeg(data)
    if picture.width * picture.height > MOST_PIXELS:
        raise Rejected(
            f"{name} is {picture.width:,} by {picture.height:,} pixels. Make it smaller: at most "
            f"{MOST_PIXELS // 1_000_000} million pixels."
        )
    return Cleaned(*picture)
