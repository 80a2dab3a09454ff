"""What somebody wrote themselves in an answer to one of our letters. Pure.

Our letters begin with a line to write above, and everything from there on is cut. What is left may still hold the header
that the mail program puts before what it quotes, a signature, or an organisation's disclaimer: in English or Welsh.
"""

from __future__ import annotations

import re

LARGEST = 200 * 1024  # bytes of a mail
_HEADER_LINES = 3  # over which mail programs break "On Tuesday … wrote:"
_WROTE = re.compile(r"[*_>\s]*(?:On|Ar)\b.{6,300}\b(?:wrote|ysgrifennodd)\b.{0,200}:\s*", re.IGNORECASE | re.DOTALL)
_FROM = re.compile(r"[*\s]*(?:From|Oddi wrth|Oddiwrth|O)\s*:[*\s]*\S", re.IGNORECASE)
_SENT = re.compile(r"[*\s]*(?:Sent|Date|Anfonwyd|Dyddiad)\s*:", re.IGNORECASE)
_RULED = re.compile(
    r"\s*(?:-{2,}\s*(?:Original Message|Forwarded message|Neges Wreiddiol)\b.*|_{10,}\s*)", re.IGNORECASE
)
_SIGNED = re.compile(r"\s*(?:--|—|–)\s*|\s*(?:Sent from (?:my|Outlook|Mail)\b.{0,40}|Get Outlook for\b.*|Anfonwyd o fy\b.*)", re.IGNORECASE)  # fmt: skip
_DISCLAIMED = re.compile(
    r"[*_\s]*(?:(?:this|the information in this) (?:e-?mail|message|communication)\b.{0,120}"
    r"\b(?:confidential|intended|privileged)"
    r"|(?:disclaimer|confidentiality notice|ymwadiad)\b"
    r"|mae'r (?:e-?bost|neges) (?:hwn|hon)\b.{0,120}\bcyfrinachol)",
    re.IGNORECASE,
)


def own_words(text: str, marker: str) -> str:
    """The words somebody wrote above what they answer; empty when there are none."""
    place = text.lower().find(marker.lower())
    lines = text[: place if place >= 0 else None].split("\n")
    if place >= 0:
        lines.pop()  # the rest of the line that the marker is in
    end = next((number for number in range(len(lines)) if _is_end(lines, number)), len(lines))
    kept = lines[:end]
    while kept and (not kept[-1].strip() or kept[-1].lstrip().startswith(">")):
        kept.pop()
    return "\n".join(kept).strip()


def _is_end(lines: list[str], number: int) -> bool:
    """Whether from this line on nothing is the writer's own."""
    line = lines[number]
    if _RULED.fullmatch(line) or _SIGNED.fullmatch(line) or _DISCLAIMED.match(line):
        return True
    if _FROM.match(line) and any(_SENT.match(after) for after in lines[number + 1 : number + 6]):
        return True
    return any(
        _WROTE.fullmatch(header := " ".join(lines[number : number + more]))
        and ("@" in header or _is_quoted(lines[number + more :]))
        for more in range(1, _HEADER_LINES + 1)
    )


def _is_quoted(lines: list[str]) -> bool:
    """Whether nothing but a quote follows: people too begin with "On Tuesday the school wrote to us:"."""
    return all(not line.strip() or line.lstrip().startswith(">") for line in lines)
